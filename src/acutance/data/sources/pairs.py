"""`pairs:INPUTS:TARGETS`: two sources whose pictures have the same names, e.g. two folders.

As plain images these are both sides, `input/NAME` and `target/NAME`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from acutance.data._item import Item, Listing, Options
from acutance.data._open import listing_of
from acutance.data.sources._sides import INPUT, TARGET, as_side, key_of
from acutance.errors import SourceError

__all__ = ["listing"]


def listing(argument: str, options: Options) -> Listing:
    """Both sides of every pair, at the inputs' size and in their channels."""
    one, other = _two(argument)
    inputs = listing_of(one, options)
    targets = listing_of(other, inputs.options)

    def items() -> Iterator[Item]:
        yield from as_side(inputs, INPUT)
        yield from as_side(targets, TARGET)

    counts = (inputs.total, targets.total)
    return Listing(
        key=(*key_of(inputs), "and", *key_of(targets)),
        items=items,
        options=replace(inputs.options, channels=options.channels),
        total=None if None in counts else sum(count or 0 for count in counts),
    )


def _two(argument: str) -> tuple[str, str]:
    """The two sources, which may have colons of their own."""
    splits = [i for i, letter in enumerate(argument) if letter == ":"]
    both = [(argument[:i], argument[i + 1 :]) for i in splits if argument[:i] and argument[i + 1 :]]
    there = [pair for pair in both if all(Path(side).expanduser().exists() for side in pair)]
    if there or len(both) == 1:
        return (there or both)[0]
    raise SourceError("write pairs:INPUTS:TARGETS, two folders whose pictures have the same names")
