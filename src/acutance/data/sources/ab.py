"""`ab:SOURCE`: pictures that show an input on the left and its target on the right, as pix2pix's data sets do.

As plain images these are both sides, `input/NAME` the left half and `target/NAME` the right one.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from acutance.data._item import Listing, Options, Picture
from acutance.data._open import listing_of
from acutance.data.sources._sides import key_of, two_sides
from acutance.errors import SourceError

__all__ = ["listing"]


def listing(argument: str, options: Options) -> Listing:
    """Both halves of every picture, cut apart before anything is resized."""
    whole = listing_of(argument, replace(options, size=None))
    return Listing(
        key=("ab", argument, *key_of(whole)),
        items=two_sides(whole, partial(_half, 0), partial(_half, 1)),
        options=replace(whole.options, size=options.size),
        total=None if whole.total is None else 2 * whole.total,
    )


def _half(which: int, picture: Picture) -> Picture:
    """The left half (0) or the right one (1), uint8 (H, W / 2) or (H, W / 2, 3)."""
    pixels = np.asarray(picture)
    width = pixels.shape[1]
    if width % 2:
        raise SourceError(
            f"a picture is {width} pixels wide, which is odd: ab: takes pictures of two halves of one width, the input "
            "on the left"
        )
    return np.ascontiguousarray(pixels[:, which * width // 2 : (which + 1) * width // 2])
