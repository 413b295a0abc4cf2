"""`builtin:icon-pairs`: every icon that is there as an outline and filled, for translation from one to the other.

As plain images these are both sides, `input/NAME.png` the outline and `target/NAME.png` the filled icon.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from acutance.data._item import Item, Listing, Options
from acutance.data._query import no_parameters
from acutance.data.sources._mdi import draw_icon, font_key, glyphs, group_of

__all__ = ["listing"]

_OUTLINE = "-outline"


def listing(argument: str, options: Options) -> Listing:
    """Both sides of every pair, at `size` (32), in `channels` (1)."""
    no_parameters("builtin:icon-pairs", argument)
    size = options.size or 32
    filled = [name for name in glyphs() if f"{name}{_OUTLINE}" in glyphs()]

    def items() -> Iterator[Item]:
        for side, ending in (("input", _OUTLINE), ("target", "")):
            for name in filled:
                load = partial(draw_icon, name + ending, size)
                yield Item(name=f"{side}/{name}.png", load=load, group=group_of(name), label=side)

    with_defaults = Options(size=size, channels=options.channels or 1)
    return Listing(key=font_key(), items=items, options=with_defaults, total=2 * len(filled))
