"""`reversed:SOURCE`: the pairs of another source the other way round, from its targets to its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from acutance.data._item import Item, Listing, Options
from acutance.data._open import listing_of
from acutance.data.sources._sides import INPUT, TARGET
from acutance.errors import SourceError

__all__ = ["listing"]

_OTHER = {INPUT: TARGET, TARGET: INPUT}


def listing(argument: str, options: Options) -> Listing:
    """Both sides of every pair, exchanged."""
    if not argument:
        raise SourceError("write reversed: before a source of pairs, e.g. reversed:builtin:icon-pairs")
    found = listing_of(argument, options)

    def items() -> Iterator[Item]:
        for item in found.items():
            yield replace(item, name=_exchanged(item.name))

    return replace(found, key=("reversed", argument, *found.key), items=items)


def _exchanged(name: str) -> str:
    side, slash, rest = name.partition("/")
    if side + slash not in _OTHER:
        raise SourceError(f"{name} lies neither under {INPUT} nor under {TARGET}: only pairs can be reversed")
    return _OTHER[side + slash] + rest
