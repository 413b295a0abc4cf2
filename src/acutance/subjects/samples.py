"""Samples without their model: `samples:FOLDER`."""

from __future__ import annotations

from pathlib import Path

from acutance.data import open_source
from acutance.errors import SourceError, SubjectError
from acutance.subjects._opened import Opened
from acutance.subjects._pictures import RecordedSamples

__all__ = ["opened"]


def opened(argument: str) -> Opened:
    """The samples in a folder, or in any other source.

    Raises:
        SubjectError: there are none.
    """
    text = f"samples:{argument}"
    try:
        images = open_source(argument)
    except SourceError as error:
        raise SubjectError(f"{text}: {error}") from error
    return Opened(
        text=text,
        name=Path(argument).name,
        model=RecordedSamples(images),
        made={"samples": argument, "images": len(images)},
    )
