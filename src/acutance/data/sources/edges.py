"""`edges:SOURCE`: the pictures of another source as targets, their edges as inputs; e.g. `edges:builtin:photos`.

Edges are Canny's (1986), of the luma at the pictures' own final size, white on black. Pictures with fewer edge pixels
than a side is long are left out: their edges say little, and equal ones would tie all together in a split.
As plain images these are both sides, `input/NAME` the edges and `target/NAME` the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from skimage.feature import canny

from acutance.data._decode import to_pixels
from acutance.data._item import Item, Listing, Options, Picture, Unreadable
from acutance.data._open import listing_of
from acutance.data.sources._sides import INPUT, TARGET, key_of
from acutance.errors import SourceError

__all__ = ["listing"]

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

_SIGMA_PX = 1.0
_LUMA = np.array([0.299, 0.587, 0.114])


def listing(argument: str, options: Options) -> Listing:
    """Edges and picture of every pair, at the other source's size and in its channels."""
    if not argument:
        raise SourceError("write edges: before a source of pictures, e.g. edges:builtin:photos")
    pictures = listing_of(argument, options)
    return Listing(
        key=("edges", "a side", argument, str(_SIGMA_PX), *key_of(pictures)),
        items=partial(_items, pictures),
        options=pictures.options,
    )


def _items(pictures: Listing) -> Iterator[Item]:
    for item in pictures.items():
        try:
            picture = item.load()
        except Unreadable:
            yield item  # whoever loads it again says why
            continue
        edges = _edges(pictures.options, picture)
        if np.count_nonzero(edges) >= max(edges.shape):
            yield replace(item, name=INPUT + item.name, load=partial(_itself, edges))
            yield replace(item, name=TARGET + item.name, load=partial(_itself, picture))


def _itself(picture: Picture) -> Picture:
    return picture


def _edges(options: Options, picture: Picture) -> Pixels:
    """uint8 (H, W), 255 on an edge."""
    pixels = to_pixels(picture, options)
    luma = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels @ _LUMA
    found = canny(luma / 255.0, sigma=_SIGMA_PX)  # type: ignore[no-untyped-call]
    return np.where(found, np.uint8(255), np.uint8(0))
