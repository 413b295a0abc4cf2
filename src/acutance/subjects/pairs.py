"""Reconstructions without their model: `pairs:REAL:RECONSTRUCTIONS`, two sources matched by file name."""

from __future__ import annotations

from pathlib import Path

from acutance.data import match_pairs, open_source
from acutance.errors import SourceError, SubjectError
from acutance.subjects._opened import Opened
from acutance.subjects._pictures import Recorded

__all__ = ["opened"]


def opened(argument: str) -> Opened:
    """The reconstructions in one folder of the originals in another.

    Raises:
        SubjectError: there are not two sources, or they do not pair up.
    """
    text = f"pairs:{argument}"
    real, made = _two(argument, text)
    try:
        pairs = match_pairs(open_source(real), open_source(made))
    except SourceError as error:
        raise SubjectError(f"{text}: {error}") from error
    return Opened(
        text=text,
        name=Path(made).name,
        model=Recorded(text, pairs),
        made={"originals": real, "reconstructions": made, "pairs": len(pairs)},
    )


def _two(argument: str, text: str) -> tuple[str, str]:
    """The two sources, which may have colons of their own."""
    splits = [i for i, letter in enumerate(argument) if letter == ":"]
    both = [(argument[:i], argument[i + 1 :]) for i in splits if argument[:i] and argument[i + 1 :]]
    there = [pair for pair in both if all(Path(side).expanduser().exists() for side in pair)]
    if there or len(both) == 1:
        return (there or both)[0]
    raise SubjectError(f"{text}: write pairs:ORIGINALS:RECONSTRUCTIONS, two folders whose files have the same names")
