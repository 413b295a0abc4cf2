"""Draws from a seed: the same from the command line and from Python, and image i however many are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from acutance.errors import InputError
from acutance.rng import rng_for, seeded

__all__ = ["draws", "translations"]

# Images are drawn in batches of one size, and the last is cut, because a draw depends on its whole batch.
_BATCH = 64


class _Draws(Protocol):
    @property
    def device(self) -> torch.device: ...

    def generate(self, n: int, generator: torch.Generator) -> Tensor: ...


class _Translates(Protocol):
    @property
    def device(self) -> torch.device: ...

    def translate(self, images: Tensor, generator: torch.Generator) -> Tensor: ...


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
        with seeded(seed, batch, "sample"):  # for models of others, which may draw from torch's own stream
            images = model.generate(_BATCH, rng_for(seed, batch, "sample", device=model.device))
        yield images[: n - start]


@torch.no_grad()
def translations(model: _Translates, batches: Iterable[Tensor], *, n: int = 1, seed: int = 0) -> Iterator[Tensor]:
    """n outputs for every input, batch by batch, (n, b, C, H, W) in [0, 1]; no gradient passes.

    Output k of an input is the same however many are asked for.

    Args:
        model: what translates.
        batches: inputs (b, C, H, W) in [0, 1]; a draw depends on its whole batch.
        n: outputs for each input, at least 1.
        seed: of the draws.

    Raises:
        InputError: n is not at least 1.
    """
    if n < 1:
        raise InputError(f"a translation has at least 1 output for each input, got n = {n}")
    for index, batch in enumerate(batches):
        drawn = []
        for draw in range(n):
            with seeded(seed, index, draw, "translate"):  # as above
                generator = rng_for(seed, index, draw, "translate", device=model.device)
                drawn.append(model.translate(batch.to(model.device), generator))
        yield torch.stack(drawn)
