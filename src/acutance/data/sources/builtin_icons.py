"""`builtin:icons`: 7,296 icons, drawn grey at 32 px; the first word of the name is the group."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from acutance.data._item import Item, Listing, Options
from acutance.data._query import no_parameters
from acutance.data.sources._mdi import draw_icon, font_key, glyphs, group_of

__all__ = ["listing"]


def listing(argument: str, options: Options) -> Listing:
    """All icons, at `size` (32), in `channels` (1)."""
    no_parameters("builtin:icons", argument)
    size = options.size or 32
    names = tuple(glyphs())

    def items() -> Iterator[Item]:
        return (Item(name=f"{n}.png", load=partial(draw_icon, n, size), group=group_of(n)) for n in names)

    filled = Options(size=size, channels=options.channels or 1)
    return Listing(key=font_key(), items=items, options=filled, total=len(names))
