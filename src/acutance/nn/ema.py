"""An exponential moving average of weights: what a run is judged by."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar, final

import torch
from torch import Tensor, nn

__all__ = ["Ema"]

M = TypeVar("M", bound=nn.Module)


@final
class Ema(Generic[M]):
    """Keeps `average`, a copy of a model whose parameters trail the model's.

    Args:
        model: the model being trained.
        half_life_images: after so many images an old weight counts half; 0 keeps no memory.
    """

    def __init__(self, model: M, half_life_images: float) -> None:
        self.half_life_images = half_life_images
        self.average: M = copy.deepcopy(model).requires_grad_(False).eval()
        self._live: list[Tensor] = [p for p in model.parameters() if p.requires_grad]
        trained = [p.requires_grad for p in model.parameters()]
        self._kept: list[Tensor] = [p for p, moves in zip(self.average.parameters(), trained, strict=True) if moves]
        self._buffers = list(zip(self.average.buffers(), model.buffers(), strict=True))

    @torch.no_grad()
    def update(self, batch_images: int, images_seen: int) -> None:
        """One step. Early on the memory is shortened to a tenth of what was seen, so that a start is forgotten."""
        half_life = min(self.half_life_images, images_seen * 0.1)
        keep = 0.5 ** (batch_images / half_life) if half_life > 0 else 0.0
        torch._foreach_lerp_(self._kept, self._live, 1 - keep)
        for mine, live in self._buffers:
            mine.copy_(live)
