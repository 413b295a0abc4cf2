"""Batches for the loop from images, or from pairs of them."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from acutance.data import TrainingSet, batch_indices
from acutance.rng import rng_for

__all__ = ["Feed"]


@final
class Feed:
    """Images or pairs as the loop wants them.

    Args:
        images: to train on; of pairs, each input is above its target along the channels.
        mirror: whether to turn about half of them left-right.
    """

    def __init__(self, images: TrainingSet, mirror: bool) -> None:
        self.images = images
        self.mirror = mirror

    def batch(self, batch_size: int, seed: int, step: int) -> Tensor:
        """The images of a step, about half of them mirrored where that is asked for."""
        images = self.images.tensor(batch_indices(len(self.images), batch_size, seed, step))
        if not self.mirror:
            return images
        turned = torch.rand(batch_size, generator=rng_for(seed, step, "mirror")) < 0.5
        return torch.where(turned[:, None, None, None], images.flip(3), images)
