"""Adam on one latent per image: many small problems at once, each with its own loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from acutance.nn.latents import DiagonalNormal, Latent

__all__ = ["Descent", "descend", "spread", "still_falling"]

Losses = Callable[[tuple[Tensor, ...], int], Tensor]
"""Values of the free tensors and the step, to a loss per image, (n,)."""

_BETAS = (0.9, 0.99)
_LEAST = 1e-2


@dataclass(frozen=True)
class Descent:
    """Where a descent ended.

    Attributes:
        values: the free tensors, detached.
        start: loss per image at the start, (n,).
        before: the same at three quarters of the way, smoothed over an eighth of the steps.
        after: the same at the end.
    """

    values: tuple[Tensor, ...]
    start: Tensor
    before: Tensor
    after: Tensor

    @property
    def found(self) -> dict[str, Tensor]:
        """The losses by name, as they are kept."""
        return {"start": self.start, "before": self.before, "after": self.after}


def descend(start: tuple[Tensor, ...], losses: Losses, *, rates: tuple[float, ...], steps: int) -> Descent:
    """Minimises every image's own loss; the learning rate falls as a cosine to a twentieth.

    Args:
        start: free tensors, each (n, ...); not altered.
        losses: see `Losses`; images must not influence one another.
        rates: learning rate of each tensor, in its own unit.
        steps: how many.
    """
    free = [tensor.detach().clone().requires_grad_(True) for tensor in start]
    groups = [{"params": [tensor], "lr": rate} for tensor, rate in zip(free, rates, strict=True)]
    adam = torch.optim.Adam(groups, betas=_BETAS)
    fall = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda step: 0.05 + 0.95 * (1 + math.cos(math.pi * step / steps)) / 2
    )
    seen: list[Tensor] = []
    with torch.enable_grad():
        for step in range(steps):
            loss = losses(tuple(free), step)
            gradients = torch.autograd.grad(loss.sum(), free)
            for tensor, gradient in zip(free, gradients, strict=True):
                tensor.grad = gradient
            adam.step()
            fall.step()
            seen.append(loss.detach())
    width = max(1, steps // 8)
    quarter = len(seen) * 3 // 4
    early, late = seen[max(0, quarter - width) : quarter], seen[-width:]
    values = tuple(tensor.detach() for tensor in free)
    return Descent(values, seen[0], torch.stack(early or late).mean(0), torch.stack(late).mean(0))


def spread(latent: Latent, noise: float = 0.0) -> float:
    """How far latents lie apart: the root mean square deviation of a coordinate of what a decoder is given.

    Args:
        latent: of many images.
        noise: how much of a posterior's width counts, 0 ... 1.
    """
    values = latent.mode.float()
    variance = values.var(0, correction=0).mean()
    if isinstance(latent, DiagonalNormal):
        variance = variance + (noise * latent.std.float()).square().mean()
    return max(float(variance.sqrt()), _LEAST * max(1.0, float(values.square().mean().sqrt())))


def still_falling(found: dict[str, Tensor], scale: float) -> float:
    """How far the loss of all images still fell in the last quarter, as a part of `scale`."""
    before, after = (float(found[name].double().sum()) for name in ("before", "after"))
    return (before - after) / max(scale, 1e-12)
