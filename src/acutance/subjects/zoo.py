"""Small models that come with the package, trained on builtin:icons at 32 px: `zoo:NAME`.

Each is a folder of `_zoo/` as training leaves it, its weights in half precision, with a model card beside them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from acutance.catalog import did_you_mean
from acutance.errors import SubjectError
from acutance.subjects import run
from acutance.subjects._opened import Opened

__all__ = ["FOLDER", "folder", "names", "opened"]

FOLDER = Path(__file__).with_name("_zoo")


def names() -> list[str]:
    """What there is, in the order of the alphabet."""
    return sorted(file.parent.name for file in FOLDER.glob("*/config.json"))


def folder(name: str) -> Path:
    """Where a model of the zoo is.

    Raises:
        SubjectError: there is none of that name; the message lists them.
    """
    known = names()
    if name not in known:
        raise SubjectError(f"the zoo has no {name!r}; {did_you_mean(name, known)}; 'acutance zoo' says what each is")
    return FOLDER / name


def opened(argument: str) -> Opened:
    """A model of the zoo.

    Raises:
        SubjectError: there is none of that name; the message lists them.
    """
    return replace(run.opened(str(folder(argument))), text=f"zoo:{argument}", name=argument)
