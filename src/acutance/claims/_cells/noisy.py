"""Draws of a VAE's stated density: the decoder's mean with its own Gaussian noise, as the likelihood says (T8)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import torch

from acutance.claims._cell import Cell, Found
from acutance.claims._cells._measured import as_pictures, pair_rows
from acutance.claims._cells.trained import Trained, load
from acutance.claims._store import Store
from acutance.models._base import Autoencoder
from acutance.rng import rng_for

__all__ = ["Noisy"]


@final
@dataclass(frozen=True, kw_only=True)
class Noisy(Cell):
    """Reconstructions with the calibrated decoder noise, clamped to what a picture can hold.

    Attributes:
        of: a VAE with calibrated noise.
    """

    of: Trained

    def needs(self) -> tuple[Cell, ...]:
        return (self.of,)

    @torch.no_grad()
    def run(self, store: Store) -> Found:
        model = load(self.of, store)
        assert isinstance(model, Autoencoder)
        images = self.of.images.split()[1].tensor()
        mean = model.reconstruct(images, latent="sample", generator=rng_for(self.seed, "sample"))
        noise = torch.randn(mean.shape, generator=rng_for(self.seed, "decoder noise"))
        outputs = (mean + math.sqrt(float(model.mse)) * noise).clamp(0, 1)
        return Found(pair_rows(outputs, images, "sample"), {"sample": as_pictures(outputs)})

    def sources(self) -> tuple[str, ...]:
        return self.of.sources()

    @property
    def title(self) -> str:
        """Of what."""
        return f"noisy draws of {self.of.title}"
