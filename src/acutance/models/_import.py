"""A user's module, from the Python path or else from the working directory."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from acutance.errors import SubjectError

__all__ = ["imported"]

_from_here: set[str] = set()


def imported(name: str, text: str) -> ModuleType:
    """Import a module, which runs it.

    A console script does not look in the working directory, so that is done here. Where a working directory of this
    process had another module of that name, the one that is here now is meant.

    Args:
        name: dotted.
        text: what the user typed, for messages.

    Raises:
        SubjectError: there is none, or running it failed.
    """
    if "/" in name or name.endswith(".py"):
        raise SubjectError(f"{text!r}: name the module as import does, without .py or slashes")
    try:
        return _import_here(name) if _is_here(name) else importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise SubjectError(f"{text!r}: importing {name} failed: {error}; install what it needs") from error
        raise SubjectError(
            f"{text!r}: there is no module {name!r} on the Python path or in {Path.cwd()}: put {name}.py there, or "
            "install it"
        ) from error
    except Exception as error:
        raise SubjectError(f"{text!r}: importing {name} failed: {type(error).__name__}: {error}") from error


def _is_here(name: str) -> bool:
    """Whether the working directory has it and the Python path, which comes first, has not."""
    place = Path.cwd().joinpath(*name.split("."))
    if not any(file.is_file() for file in (place.with_suffix(".py"), place / "__init__.py")):
        return False
    if name in _from_here:
        return True
    try:
        return name not in sys.modules and importlib.util.find_spec(name) is None
    except ModuleNotFoundError:
        return True


def _import_here(name: str) -> ModuleType:
    here = str(Path.cwd())
    if name in _from_here and not str(getattr(sys.modules.get(name), "__file__", "")).startswith(here):
        for stale in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
            del sys.modules[stale]
    importlib.invalidate_caches()
    sys.path.insert(0, here)
    try:
        module = importlib.import_module(name)
    finally:
        sys.path.remove(here)
        sys.path.append(here)  # for what it imports later; what is installed comes first
    _from_here.add(name)
    return module
