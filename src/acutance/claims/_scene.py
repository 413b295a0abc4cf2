"""What all claims are tested on: which seeds, which real images, how long; and images as cells name them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import final

import numpy as np

from acutance.data import ImageSet, PairSet, open_pairs, open_source
from acutance.models import Recipe

__all__ = ["SIZE_PX", "WIDTHS", "Images", "Scene"]

SIZE_PX = 16
WIDTHS = (64, 32)
"""Features of every network at 16 px: a grid of 4 x 4 and one of 8 x 8, patches of 2 px."""

_HELD_OUT = 1_000
_BATCH = 32


@final
@dataclass(frozen=True, kw_only=True)
class Images:
    """A source, opened at a size and split.

    Attributes:
        source: as users type it.
        size: side in pixels.
        channels: 1 is grey.
        held_out: at most so many images are measured on.
    """

    source: str
    size: int = SIZE_PX
    channels: int = 1
    held_out: int = _HELD_OUT

    def split(self) -> tuple[ImageSet, ImageSet]:
        """Training and held-out images."""
        return _split(self)

    def split_pairs(self) -> tuple[PairSet, PairSet]:
        """Training and held-out pairs, where it is a source of such."""
        training, held_out = open_pairs(self.source, size=self.size, channels=self.channels).split()
        return training, held_out.take(np.arange(min(self.held_out, len(held_out))))


@functools.lru_cache(maxsize=4)
def _split(images: Images) -> tuple[ImageSet, ImageSet]:
    training, held_out = open_source(images.source, size=images.size, channels=images.channels).split()
    places = np.linspace(0, len(held_out) - 1, min(images.held_out, len(held_out))).round().astype(np.int64)
    return training, held_out.take(places)


@final
@dataclass(frozen=True, kw_only=True)
class Scene:
    """How claims are tested.

    Attributes:
        seeds: every comparison is made once for each.
        real: the real images, a source.
        effort: multiplies the length of every training; 1 is the real test.
    """

    seeds: tuple[int, ...]
    real: str = "builtin:icons"
    effort: float = 1.0

    def images(self, source: str, *, channels: int = 1) -> Images:
        """Images of a source; fewer of them are measured on where the effort is small."""
        return Images(source=source, channels=channels, held_out=self.fewer(_HELD_OUT))

    @property
    def icons(self) -> Images:
        """The real images."""
        return self.images(self.real)

    def fewer(self, count: int, *, least: int = 64) -> int:
        """A number of images or steps at this effort."""
        return count if self.effort >= 1 else max(least, round(count * self.effort))

    def recipe(self, images: int, *, rate: float = 2e-3) -> Recipe:
        """A training of so many images at full effort."""
        shown = self.fewer(images)
        return Recipe(
            images=shown,
            batch_size=_BATCH,
            learning_rate=rate,
            warmup_images=min(1_500, shown // 8),
            ema_half_life_images=min(1_000, shown / 10),
            checkpoint_images=10_000,
            picture_images=0,
        )
