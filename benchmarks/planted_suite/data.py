"""The images: each set split into training and held-out ones, of which a diagnosis sees some."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import final

import numpy as np

from acutance.data import ImageSet, image_set, open_source
from planted_suite.filters import Resize

HELD_OUT = 320


@final
@dataclass(frozen=True, kw_only=True)
class Data:
    """A source at a size.

    Attributes:
        source: as a user types it.
        size: in pixels.
        channels: 1 or 3.
        through: side in px that the training images were brought down to and up from, bilinearly; 0 leaves them alone.
    """

    source: str
    size: int
    channels: int = 1
    through: int = 0


DATA = {
    "icons": Data(source="builtin:icons", size=32),
    "glyphs": Data(source="builtin:glyphs?copies=4", size=32),
    "photos": Data(source="builtin:photos", size=32),
    "small photos": Data(source="builtin:photos", size=16),
    "leaves": Data(source="synthetic:dead-leaves?n=3000", size=16),
    "small leaves": Data(source="synthetic:dead-leaves?n=3000", size=16, through=9),
    "field": Data(source="synthetic:gaussian-field?n=3000", size=16),
    "edges": Data(source="synthetic:edges?n=3000", size=16),
}


@functools.cache
def sides_of(name: str) -> tuple[ImageSet, ImageSet]:
    """Training images, and all held-out ones."""
    data = DATA[name]
    training, held_out = open_source(data.source, size=data.size, channels=data.channels).split()
    if data.through:
        training = _filtered(training, Resize(data.through, "bilinear"))
    return training, held_out


@functools.cache
def images_of(name: str) -> tuple[ImageSet, ImageSet]:
    """The same, of the held-out ones at most HELD_OUT, evenly spread."""
    training, held_out = sides_of(name)
    places = np.linspace(0, len(held_out) - 1, min(HELD_OUT, len(held_out))).round().astype(np.int64)
    return training, held_out.take(np.unique(places))


def _filtered(images: ImageSet, through: Resize) -> ImageSet:
    """The images behind a filter, as bytes again."""
    made = through(images.tensor().contiguous()).clamp(0, 1).mul(255).round().byte()
    pixels = np.ascontiguousarray(made.permute(0, 2, 3, 1).numpy())
    return image_set(pixels, source=images.source, names=images.names, groups=images.groups)
