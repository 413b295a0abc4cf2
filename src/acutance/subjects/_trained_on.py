"""Which images a model was trained on, so that it is not measured on them unasked.

A run keeps the digest of every training image. Whatever data are given later, and by whatever name, those it was not
trained on are found exactly, and with them go all that share a group with a training image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from acutance.data import ImageSet
from acutance.errors import SourceError

__all__ = ["TrainedOn"]

_DEFAULT_SHARE = 0.1

Mask = NDArray[np.bool_]


@final
@dataclass(frozen=True, kw_only=True)
class TrainedOn:
    """A run's training images.

    Attributes:
        source: the text they were opened from.
        images: how many.
        fingerprint: of the whole set.
        digests: a hash of each image, (N, 16); None where the run did not keep them.
    """

    source: str
    images: int
    fingerprint: str
    digests: NDArray[np.uint8] | None = None

    def unseen(self, images: ImageSet) -> Mask | None:
        """Which images it was not trained on, nor on a near variant of them; None where that cannot be known.

        Args:
            images: at the size and in the channels that it was trained at.
        """
        if self.digests is not None:
            return _apart(images, self.digests)
        if images.fingerprint == self.fingerprint:
            return np.zeros(len(images), dtype=np.bool_)
        try:
            training, _ = images.split(_DEFAULT_SHARE)
        except SourceError:
            return None
        return _apart(images, training.digests) if training.fingerprint == self.fingerprint else None


def _apart(images: ImageSet, digests: NDArray[np.uint8]) -> Mask:
    """Which images share neither content nor group with any of the digests' images."""
    seen = {row.tobytes() for row in np.ascontiguousarray(digests)}
    met = [row.tobytes() in seen for row in np.ascontiguousarray(images.digests)]
    groups = {group for group, was in zip(images.groups, met, strict=True) if was}
    return np.array([group not in groups for group in images.groups], dtype=np.bool_)
