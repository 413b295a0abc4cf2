"""Batches for the loop from an image set."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from acutance.data import ImageSet, batch_indices
from acutance.rng import rng_for

__all__ = ["Feed"]


@final
class Feed:
    """An image set as the loop wants it.

    Args:
        images: to train on.
        mirror: whether to turn about half of them left-right.
    """

    def __init__(self, images: ImageSet, mirror: bool) -> None:
        self.images = images
        self.mirror = mirror

    def batch(self, batch_size: int, seed: int, step: int) -> Tensor:
        """The images of a step, about half of them mirrored where that is asked for."""
        images = self.images.tensor(batch_indices(len(self.images), batch_size, seed, step))
        if not self.mirror:
            return images
        turned = torch.rand(batch_size, generator=rng_for(seed, step, "mirror")) < 0.5
        return torch.where(turned[:, None, None, None], images.flip(3), images)
