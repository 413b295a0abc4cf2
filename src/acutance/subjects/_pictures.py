"""Subjects that are pictures and no model: what was made before can be measured, and nothing more can be made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from acutance.data import ImageSet, PairSet
from acutance.errors import SubjectError
from acutance.models import batch_size

__all__ = ["Recorded", "RecordedSamples"]


@final
class Recorded:
    """Reconstructions that were made before, found by the content of their originals.

    Args:
        text: what the user typed.
        pairs: originals and what was made of them.
    """

    family = "pairs"
    device = torch.device("cpu")

    def __init__(self, text: str, pairs: PairSet) -> None:
        self.text = text
        self.pairs = pairs
        self.shape = pairs.input.shape
        self._place = {digest.tobytes(): i for i, digest in enumerate(np.ascontiguousarray(pairs.input.digests))}

    def facts(self) -> dict[str, float]:
        """None: pictures say nothing of a model."""
        return {}

    def configuration(self) -> dict[str, Any]:
        """None."""
        return {}

    def count_parameters(self) -> int | None:
        """Unknown."""
        return None

    def reconstruct(self, images: Tensor) -> Tensor:
        """What was made of these originals.

        Args:
            images: (N, C, H, W) in [0, 1], among the originals, in any order.

        Raises:
            SubjectError: one of them is not.
        """
        places = [self._place.get(digest) for digest in _digests(images)]
        lacking = places.count(None)
        if lacking:
            raise SubjectError(
                f"{self.text} has no reconstruction of {lacking} of these {len(images)} images: the data must be the "
                f"originals that it has, {self.pairs.input.source!r}, at their own size"
            )
        return self.pairs.target.tensor([place for place in places if place is not None])


@final
class RecordedSamples:
    """Samples that were drawn before.

    Args:
        images: the samples.
    """

    family = "samples"
    device = torch.device("cpu")

    def __init__(self, images: ImageSet) -> None:
        self.images = images
        self.shape = images.shape

    def facts(self) -> dict[str, float]:
        """None: pictures say nothing of a model."""
        return {}

    def configuration(self) -> dict[str, Any]:
        """None."""
        return {}

    def count_parameters(self) -> int | None:
        """Unknown."""
        return None

    def samples(self) -> Iterator[Tensor]:
        """All of them, in batches."""
        size = batch_size(self.images.shape)
        for start in range(0, len(self.images), size):
            yield self.images.tensor(np.arange(start, min(start + size, len(self.images))))


def _digests(images: Tensor) -> Iterator[bytes]:
    """The digests that an image set has of these images, which are bytes divided by 255."""
    pixels = (images * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return (hashlib.blake2b(picture.tobytes(), digest_size=16).digest() for picture in pixels)
