"""`builtin:glyph-stacks?digits=5&n=20000`: three digits, one a colour; which digit stands in which is a mode.

With 5 digits these are 125 modes, known exactly and as often as one another; inside a mode, the drawing of each digit
is chosen anew, of 17 fonts in 4 places or of the first `drawings` of these 68: with one, a mode is one image. The label
is the three digits, red first, and `measure.stacked_modes_of` tells a sample's. Images share their digits' drawings, so
a split holds back combinations, not drawings. 16 px.

References:
    Metz et al. 2017, on MNIST; O5.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np
import torch

from acutance.data._item import Item, Listing, Options
from acutance.data._query import parameters
from acutance.data.sources._letters import TYPEFACES, draw_letter, drawing_key
from acutance.errors import SourceError
from acutance.rng import rng_for

__all__ = ["GlyphStackAnswers", "listing"]

_DIGITS = "0123589647"
"""The first ones are the least alike: the nearest drawing tells 0, 1, 2, 3 and 5 apart also in a font never seen."""
_FONTS = tuple(font for family in TYPEFACES.values() for font in family)
_COPIES = 4
_COLOURS = 3


@final
@dataclass(frozen=True, kw_only=True)
class GlyphStackAnswers:
    """What is known exactly about this source.

    Attributes:
        digits: the digits that stand in each colour.
    """

    digits: str

    @property
    def modes(self) -> int:
        """Digits to the power of colours; an image's label names its mode."""
        count: int = len(self.digits) ** _COLOURS
        return count


@final
@dataclass(frozen=True, kw_only=True)
class _Parameters:
    digits: int = 5
    drawings: int = len(_FONTS) * _COPIES
    n: int = 20_000
    seed: int = 0


def listing(argument: str, options: Options) -> Listing:
    """`n` stacks of the first `digits` of ten digits, at `size` (16)."""
    given = parameters("builtin:glyph-stacks", argument, _Parameters)
    if not 2 <= given.digits <= len(_DIGITS):
        raise SourceError(f"builtin:glyph-stacks: digits is 2 to {len(_DIGITS)}, got {given.digits}")
    if not 1 <= given.drawings <= len(_FONTS) * _COPIES:
        raise SourceError(f"builtin:glyph-stacks: drawings is 1 to {len(_FONTS) * _COPIES}, got {given.drawings}")
    if given.n < 1:
        raise SourceError(f"builtin:glyph-stacks: n is at least 1, got {given.n}")
    size, digits = options.size or 16, _DIGITS[: given.digits]
    return Listing(
        key=(digits, str((given.n, given.seed, given.drawings)), *_FONTS, *drawing_key()),
        items=partial(_items, digits, given, size),
        options=Options(size=size, channels=options.channels or _COLOURS),
        total=given.n,
        answers=GlyphStackAnswers(digits=digits),
    )


def _items(digits: str, given: _Parameters, size: int) -> Iterator[Item]:
    drawn = functools.cache(partial(_drawn, size))
    for i in range(given.n):
        stack = tuple(digits[i // len(digits) ** place % len(digits)] for place in range(_COLOURS))
        rng = rng_for(given.seed, "glyph stack", i)
        drawings = torch.randint(given.drawings, (_COLOURS,), generator=rng).tolist()
        colours = tuple(drawn(digit, drawing) for digit, drawing in zip(stack, drawings, strict=True))
        name = f"{i:06d}.png"
        yield Item(name=name, load=partial(np.stack, colours, axis=-1), group=name, label=" ".join(stack))


def _drawn(size: int, digit: str, drawing: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    font, copy = divmod(drawing, _COPIES)
    return np.asarray(draw_letter(digit, _FONTS[font], size, copy))
