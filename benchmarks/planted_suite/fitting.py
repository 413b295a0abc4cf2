"""Training in a few lines, for what is not one of our families; a pure function of the seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from acutance.data import ImageSet, batch_indices
from acutance.rng import rng_for

Loss = Callable[[Tensor, torch.Generator], Tensor]
"""A batch of images and a generator to a loss."""


@final
@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long and how fast.

    Attributes:
        images: seen in all.
        batch: images a step.
        rate: peak learning rate, with a short linear rise and a cosine fall.
    """

    images: int
    batch: int = 32
    rate: float = 1e-3


def fit(module: nn.Module, loss: Loss, images: ImageSet, pace: Pace, seed: int) -> None:
    """Trains a module in place."""
    adam = torch.optim.Adam(module.parameters(), lr=pace.rate)
    steps = max(1, pace.images // pace.batch)
    module.train()
    for step in range(steps):
        fall = 0.02 + 0.98 * (1 + math.cos(math.pi * step / steps)) / 2
        for group in adam.param_groups:
            group["lr"] = pace.rate * fall * min(1.0, (step + 1) / 50)
        batch = images.tensor(batch_indices(len(images), pace.batch, seed, step)).contiguous()
        with torch.autocast("cpu", torch.bfloat16, enabled=_native()):
            value = loss(batch, rng_for(seed, step, "fit"))
        adam.zero_grad(set_to_none=True)
        value.backward()
        adam.step()
    module.eval().requires_grad_(False)


def _native() -> bool:
    return torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
