"""A copy of a trained decoder, trained on on the frozen code under a white or a coloured Gaussian likelihood (T7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor

from acutance.claims._cell import Cell, Found
from acutance.claims._cells._measured import as_pictures, pair_rows
from acutance.claims._cells.trained import Trained, load
from acutance.claims._store import Store
from acutance.models._base import Autoencoder
from acutance.rng import rng_for

__all__ = ["Refitted"]

_BATCH = 32
_RATE = 5e-4


@final
@dataclass(frozen=True, kw_only=True)
class Refitted(Cell):
    """The decoder trained on.

    Attributes:
        of: whose code and decoder.
        residual: "white", every frequency's error weighs alike; "coloured", by one over the power that the base leaves.
        steps: of training.
    """

    of: Trained
    residual: Literal["white", "coloured"]
    steps: int = 600

    def needs(self) -> tuple[Cell, ...]:
        return (self.of,)

    def run(self, store: Store) -> Found:
        model = load(self.of, store)
        assert isinstance(model, Autoencoder)
        training, held_out = self.of.images.split()
        decoder = model.decoder_copy()
        weights = self._weights(model, training.tensor(range(min(2000, len(training)))))
        adam = torch.optim.Adam(decoder.parameters(), lr=_RATE, betas=(0.9, 0.99))
        fall = torch.optim.lr_scheduler.LinearLR(adam, 1.0, 0.05, total_iters=self.steps)
        for step in range(self.steps):
            draw = rng_for(self.seed, step, "refit")
            images = training.tensor(torch.randint(len(training), (_BATCH,), generator=draw))
            with torch.no_grad():
                latents = model.encode(images).sample(draw)
            loss = _weighted(images - decoder(latents), weights)
            adam.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
            fall.step()
        images = held_out.tensor()
        with torch.no_grad():
            outputs = decoder.eval()(model.encode(images).sample(rng_for(self.seed, "sample"))).clamp(0, 1)
        return Found(pair_rows(outputs, images, "sample"), {"sample": as_pictures(outputs)})

    def _weights(self, model: Autoencoder, images: Tensor) -> Tensor:
        """(H, W), of mean 1."""
        if self.residual == "white":
            return torch.ones(images.shape[2:])
        with torch.no_grad():
            left = images - model.reconstruct(images, latent="sample", generator=rng_for(self.seed, "left"))
        weights: Tensor = 1.0 / torch.fft.fft2(left).abs().square().mean((0, 1))
        return weights / weights.mean()

    def sources(self) -> tuple[str, ...]:
        return self.of.sources()

    @property
    def title(self) -> str:
        """The likelihood."""
        return f"{self.residual} residual on {self.of.images.source}, {self.steps} steps"


def _weighted(error: Tensor, weights: Tensor) -> Tensor:
    """Mean squared error, each frequency weighed."""
    power: Tensor = torch.fft.fft2(error).abs().square() / error[0, 0].numel()
    return (power * weights).mean()
