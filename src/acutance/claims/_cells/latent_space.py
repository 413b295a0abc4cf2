"""A trained code looked at: whether posteriors of training images overlap, and what lies between two images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._cells._measured import as_pictures
from acutance.claims._cells.trained import Trained, load
from acutance.claims._store import Store
from acutance.measure import measure_samples
from acutance.models._base import Autoencoder
from acutance.nn.latents import DiagonalNormal
from acutance.rng import rng_for

__all__ = ["LatentSpace"]

_LOOKED_AT, _PARTNERS = 4000, 4


@final
@dataclass(frozen=True, kw_only=True)
class LatentSpace(Cell):
    """The latent space of an autoencoder.

    Attributes:
        of: the autoencoder.
    """

    of: Trained

    def needs(self) -> tuple[Cell, ...]:
        return (self.of,)

    @torch.no_grad()
    def run(self, store: Store) -> Found:
        model = load(self.of, store)
        assert isinstance(model, Autoencoder)
        training, held_out = self.of.images.split()
        looked_at = training.tensor(range(min(_LOOKED_AT, len(training))))
        images = held_out.tensor()
        latents = model.encode(images).mode
        middle = torch.cat([model.decode((latents + latents.roll(k, 0)) / 2) for k in range(1, _PARTNERS + 1)])
        ends = model.decode(latents)
        rows: dict[str, Rows] = {
            "log_n": np.array([math.log(len(training))]),
            "middle_distance": _distance(images, middle),
            "end_distance": _distance(images, ends),
        }
        posterior = model.encode(looked_at)
        if isinstance(posterior, DiagonalNormal):
            rows["overlap"] = np.array([_overlap(posterior, self.seed)])
        return Found(rows, {"half-way": as_pictures(middle[: len(images)])})

    def sources(self) -> tuple[str, ...]:
        return self.of.sources()

    @property
    def title(self) -> str:
        """Of what."""
        return f"latent space of {self.of.title}"


def _distance(images: Tensor, outputs: Tensor) -> Rows:
    found = measure_samples(real=images, fake=outputs, effort="fast")
    return np.array([found.reading("kernel_distance").value])


def _overlap(posterior: DiagonalNormal, seed: int) -> float:
    """Share of draws of a training image's posterior that another training image's posterior makes likelier."""
    mean, std = posterior.mean.flatten(1), posterior.std.flatten(1)
    drawn = mean + std * torch.randn(mean.shape, generator=rng_for(seed, "overlap"))
    weight, shift = std.pow(-2), mean * std.pow(-2)
    constant = (mean.square() * weight).sum(1) + 2 * std.log().sum(1)
    wrong = 0
    for first in range(0, len(drawn), 500):
        part = drawn[first : first + 500].double()
        far = part.square() @ weight.double().T - 2 * part @ shift.double().T + constant.double()
        wrong += int((far.argmin(1) != torch.arange(first, first + len(part))).sum())
    return wrong / len(drawn)
