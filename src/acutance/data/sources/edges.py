"""`edges:SOURCE`: the pictures of another source as targets, their edges as inputs; e.g. `edges:builtin:photos`.

Edges are Canny's (1986), of the luma at the pictures' own final size, white on black.
As plain images these are both sides, `input/NAME` the edges and `target/NAME` the picture.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from skimage.feature import canny

from acutance.data._decode import to_pixels
from acutance.data._item import Listing, Options, Picture
from acutance.data._open import listing_of
from acutance.data.sources._sides import key_of, two_sides
from acutance.errors import SourceError

__all__ = ["listing"]

_SIGMA_PX = 1.0
_LUMA = np.array([0.299, 0.587, 0.114])


def listing(argument: str, options: Options) -> Listing:
    """Edges and picture of every pair, at the other source's size and in its channels."""
    if not argument:
        raise SourceError("write edges: before a source of pictures, e.g. edges:builtin:photos")
    pictures = listing_of(argument, options)
    return Listing(
        key=("edges", argument, str(_SIGMA_PX), *key_of(pictures)),
        items=two_sides(pictures, partial(_edges, pictures.options), None),
        options=pictures.options,
        total=None if pictures.total is None else 2 * pictures.total,
    )


def _edges(options: Options, picture: Picture) -> Picture:
    """uint8 (H, W), 255 on an edge."""
    pixels = to_pixels(picture, options)
    luma = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels @ _LUMA
    found = canny(luma / 255.0, sigma=_SIGMA_PX)  # type: ignore[no-untyped-call]
    return np.where(found, np.uint8(255), np.uint8(0))
