"""Draws from a seed: image i is the same however many are asked for, from the command line and from Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor

from acutance.errors import InputError
from acutance.rng import rng_for

__all__ = ["draws"]

# Images are drawn in batches of one size, and the last is cut, because a draw depends on its whole batch.
_BATCH = 64


class _Draws(Protocol):
    @property
    def device(self) -> torch.device: ...

    def generate(self, n: int, generator: torch.Generator) -> Tensor: ...


@torch.no_grad()
def draws(model: _Draws, n: int, *, seed: int) -> Iterator[Tensor]:
    """n images in batches, (b, C, H, W) in [0, 1]; no gradient passes.

    Args:
        model: what draws them.
        n: how many, at least 1.
        seed: of the draws.

    Raises:
        InputError: n is not at least 1.
    """
    if n < 1:
        raise InputError(f"a sample has at least 1 image, got n = {n}")
    for batch, start in enumerate(range(0, n, _BATCH)):
        images = model.generate(_BATCH, rng_for(seed, batch, "sample", device=model.device))
        yield images[: n - start]
