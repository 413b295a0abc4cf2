"""A linear VAE trained on a Gaussian field, against its closed form (T8, O2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from acutance.claims._cell import Cell, Found
from acutance.claims._store import Store
from acutance.data.synthetic.gaussian_field import FieldAnswers, gaussian_field
from acutance.nn.latents import DiagonalNormal
from acutance.objectives.gaussian import fixed_gaussian, squared_error
from acutance.rng import rng_for

__all__ = ["LinearVae"]

_TEST = 20_000
_BATCH = 512


@final
@dataclass(frozen=True, kw_only=True)
class LinearVae(Cell):
    """Linear encoder, linear decoder, fixed decoder noise.

    Attributes:
        sigma: of the decoder, in units of the field's contrast, which is 1.
        size: side of the field in px.
        latents: at most so many directions are kept.
        steps: of training.
    """

    sigma: float
    size: int = 8
    latents: int = 48
    steps: int = 4000

    def run(self, store: Store) -> Found:
        encoder, log_std, decoder = self._trained()
        fields, exact = self._fields(_TEST, "test")
        with torch.no_grad():
            mean = fields @ encoder
            noise = torch.randn(mean.shape, generator=rng_for(self.seed, "draw"), dtype=mean.dtype)
            drawn = mean + log_std.exp() * noise
            sampled, shown = (_error(fields, latents @ decoder) for latents in (drawn, mean))
            rate = float(DiagonalNormal(mean, log_std.expand_as(mean)).cost().mean())
        pixels = self.size**2
        stages = exact.stages(self.sigma**2, self.latents)
        return Found(
            {
                "sample": np.array([sampled / (float(stages.sample.mse.sum()) / pixels)]),
                "mean": np.array([shown / (float(stages.mean.mse.sum()) / pixels)]),
                "rate": np.array([rate / stages.rate_nats]),
            }
        )

    def _fields(self, n: int, purpose: int | str) -> tuple[Tensor, FieldAnswers]:
        draw = rng_for(self.seed, "field", purpose)
        images, answers = gaussian_field(n, self.size, draw, exponent=2.0, contrast=1.0, mean=0.0)
        return images.flatten(1), answers

    def _trained(self) -> tuple[Tensor, Tensor, Tensor]:
        """Encoder (pixels, latents), log std (latents,), decoder (latents, pixels)."""
        start = rng_for(self.seed, "linear")
        scale = 1 / self.size
        encoder, decoder = (
            scale * torch.randn(shape, generator=start, dtype=torch.float64)
            for shape in ((self.size**2, self.latents), (self.latents, self.size**2))
        )
        free = [encoder, torch.full((self.latents,), -1.0, dtype=torch.float64), decoder]
        adam = torch.optim.Adam([tensor.requires_grad_(True) for tensor in free], lr=0.01, betas=(0.9, 0.99))
        fall = torch.optim.lr_scheduler.LambdaLR(
            adam, lambda step: 0.005 + 0.995 * (1 + math.cos(math.pi * step / self.steps)) / 2
        )
        for step in range(self.steps):
            fields, _ = self._fields(_BATCH, step)
            posterior = DiagonalNormal(fields @ free[0], free[1].expand(_BATCH, -1))
            noise = torch.randn(_BATCH, self.latents, generator=rng_for(self.seed, step, "z"), dtype=torch.float64)
            outputs = (posterior.mean + posterior.std * noise) @ free[2]
            loss = (fixed_gaussian(fields, outputs, self.sigma) + posterior.cost()).mean()
            adam.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
            fall.step()
        return free[0].detach(), free[1].detach(), free[2].detach()

    def sources(self) -> tuple[str, ...]:
        return ("synthetic:gaussian-field",)

    @property
    def title(self) -> str:
        """The decoder noise."""
        return f"linear VAE, sigma {self.sigma:g}, {self.steps:,} steps"


def _error(fields: Tensor, outputs: Tensor) -> float:
    return float(squared_error(fields, outputs).mean()) / fields.shape[1]
