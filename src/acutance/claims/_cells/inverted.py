"""The best latent of a trained generator for each held-out image: what its decoder could show of unseen images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from acutance.claims._cell import Cell, Found
from acutance.claims._cells._measured import as_pictures, image_rows, pair_rows
from acutance.claims._cells.trained import Trained, load
from acutance.claims._store import Store
from acutance.diagnose._descent import descend
from acutance.models.gan import GAN
from acutance.objectives.gaussian import squared_error
from acutance.rng import rng_for

__all__ = ["Inverted"]

_DRAWN = 4096
_RATE = 0.1


@final
@dataclass(frozen=True, kw_only=True)
class Inverted(Cell):
    """Inversion by descent, from the nearest of many draws.

    Attributes:
        of: the generator.
        steps: of the descent.
    """

    of: Trained
    steps: int = 150

    def needs(self) -> tuple[Cell, ...]:
        return (self.of,)

    def run(self, store: Store) -> Found:
        model = load(self.of, store)
        assert isinstance(model, GAN)
        images = self.of.images.split()[1].tensor()
        decoder = model.decoder.requires_grad_(False)

        def losses(free: tuple[Tensor, ...], _: int) -> Tensor:
            return squared_error(images, decoder(free[0]).float())

        found = descend((self._nearest(model, images),), losses, rates=(_RATE,), steps=self.steps)
        with torch.no_grad():
            outputs = decoder(found.values[0]).float().clamp(0, 1)
        rest = image_rows(squared_error(images, outputs), images)
        whole = image_rows(squared_error(images, images.mean(0, keepdim=True).expand_as(images)), images)
        rows = pair_rows(outputs, images, "inverted") | {"unexplained": rest / whole}
        return Found(rows, {"inverted": as_pictures(outputs), "real": as_pictures(images)})

    def _nearest(self, model: GAN, images: Tensor) -> Tensor:
        """For each image the latent whose output is nearest among many draws of the prior."""
        with torch.no_grad():
            latents = model.prior(_DRAWN, rng_for(self.seed, "inversion"))
            outputs = torch.cat([model.decoder(part).float() for part in torch.split(latents, 256)])
            return latents[torch.cdist(images.flatten(1), outputs.flatten(1)).argmin(1)]

    def sources(self) -> tuple[str, ...]:
        return self.of.sources()

    @property
    def title(self) -> str:
        """The images."""
        return f"inversion on {self.of.images.source}, {self.steps} steps"
