"""Models of ours on the hub: `hub:OWNER/NAME`, what `acutance push` put there."""

from __future__ import annotations

from dataclasses import replace

from acutance.errors import SubjectError
from acutance.models._hub import fetched
from acutance.models._store import HUB_FILES
from acutance.subjects import run
from acutance.subjects._opened import Opened

__all__ = ["opened"]


def opened(argument: str) -> Opened:
    """The model of a repository, fetched where it is not here yet.

    Raises:
        SubjectError: it is not to be had, or holds no model of ours.
    """
    text = f"hub:{argument}"
    owner, slash, name = argument.partition("/")
    if not (owner and slash and name) or "/" in name:
        raise SubjectError(f"{text}: a repository is called OWNER/NAME")
    return replace(run.opened(str(fetched(argument, HUB_FILES, text))), text=text, name=name)
