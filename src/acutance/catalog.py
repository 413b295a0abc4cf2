"""One file is one entry: a folder of modules as a catalog.

The file name is the entry's name everywhere (command line, reports, tests). Files that begin with an underscore are
parts, not entries. Only what is asked for is imported, and an import error is never swallowed.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from acutance.errors import ConfigError

__all__ = ["Catalog", "did_you_mean"]


def did_you_mean(word: str, known: list[str]) -> str:
    """A half-sentence that helps with a misspelt word: the nearest known one, and all known ones.

    Args:
        word: as typed.
        known: what there is.
    """
    near = difflib.get_close_matches(word, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}known: {', '.join(known)}"


class Catalog:
    """The entries of one package, found by file name.

    Args:
        package: dotted name of the package whose modules are the entries.
        noun: what an entry is called in an error message ("family", "measure").
        attribute: the name that every entry module must define.
    """

    def __init__(self, package: str, *, noun: str, attribute: str) -> None:
        self.package = package
        self.noun = noun
        self.attribute = attribute

    def names(self) -> list[str]:
        """All entry names, sorted; nothing is imported but the package itself."""
        path = importlib.import_module(self.package).__path__
        return sorted(m.name for m in pkgutil.iter_modules(path) if not m.name.startswith("_"))

    def load(self, name: str) -> Any:
        """The entry called `name`.

        Raises:
            ConfigError: there is no such entry, or its module lacks the attribute that makes it one.
        """
        names = self.names()
        if name not in names:
            raise ConfigError(f"no {self.noun} is called {name!r}; {did_you_mean(name, names)}")
        module = importlib.import_module(f"{self.package}.{name}")
        if self.attribute not in vars(module):
            raise ConfigError(f"{module.__name__} is not a {self.noun}: it defines no {self.attribute!r}")
        return vars(module)[self.attribute]

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return ((name, self.load(name)) for name in self.names())
