"""Pairs made of other sources: the same pictures, renamed as one side or the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from acutance.data._item import Item, Listing, Picture
from acutance.data._two_sides import INPUT, TARGET

__all__ = ["INPUT", "TARGET", "as_side", "key_of", "two_sides"]

Change = Callable[[Picture], Picture]


def as_side(listing: Listing, side: str, change: Change | None = None) -> Iterator[Item]:
    """Every picture of a listing as one side of a pair.

    Args:
        listing: whose pictures.
        side: INPUT or TARGET.
        change: what is made of each picture, decoded; nothing where None.
    """
    for item in listing.items():
        load = item.load if change is None else _changed(item, change)
        yield replace(item, name=side + item.name, load=load)


def two_sides(listing: Listing, to_input: Change | None, to_target: Change | None) -> Callable[[], Iterator[Item]]:
    """The inputs that are made of a listing's pictures, then the targets.

    Args:
        listing: whose pictures.
        to_input: what is made of each for the input; nothing where None.
        to_target: the same for the target.
    """

    def items() -> Iterator[Item]:
        yield from as_side(listing, INPUT, to_input)
        yield from as_side(listing, TARGET, to_target)

    return items


def key_of(listing: Listing) -> tuple[str, ...]:
    """All that a listing's pictures depend on, the options with its own defaults included."""
    return (str(listing.options.size), str(listing.options.channels), *listing.key)


def _changed(item: Item, change: Change) -> Callable[[], Picture]:
    return lambda: change(item.load())
