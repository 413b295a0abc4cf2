"""The Gaussian variational autoencoder, with a latent vector or a latent map."""

from __future__ import annotations

import math
from typing import Literal, final

import torch
from torch import Tensor

from acutance.models._base import Autoencoder, Generator, ImageShape, ModelConfig
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.nn.decoder import Decoder, LatentShape
from acutance.nn.encoder import Encoder
from acutance.nn.latents import DiagonalNormal
from acutance.objectives.gaussian import calibrated_gaussian, effective_sigma, fixed_gaussian, squared_error

__all__ = ["VAE", "DecoderNoise"]

DecoderNoise = Literal["calibrated"] | float
_MEMORY = 0.02


@final
class VAE(Autoencoder, Generator):
    """Encoder to a diagonal Gaussian, decoder to the mean of a Gaussian with one shared sigma.

    Args:
        config: the family's config, kept for config.json.
        shape: images.
        latent: `(d,)` or `(c, a, b)`.
        widths: of encoder and decoder.
        blocks: of encoder and decoder.
        sigma: "calibrated" (Rybkin 2021), or a fixed decoder noise in units of the pixel range.
        kl_weight: multiplies the KL in nats; 1 is the VAE, whose likelihood is summed over pixels.
    """

    def __init__(
        self,
        config: ModelConfig,
        shape: ImageShape,
        *,
        latent: LatentShape,
        widths: tuple[int, ...],
        blocks: int,
        sigma: DecoderNoise,
        kl_weight: float,
    ) -> None:
        super().__init__(config, shape)
        self.latent = latent
        self.sigma = sigma
        self.kl_weight = kl_weight
        self.encoder = Encoder(shape, (2 * latent[0], *latent[1:]), widths, blocks)
        self.decoder = Decoder(latent, shape, widths, blocks)
        self.register_buffer("mse", torch.tensor(1.0))
        self.mse: Tensor

    def encode(self, images: Tensor) -> DiagonalNormal:
        """The posterior q(z|x)."""
        return DiagonalNormal.from_parameters(self.encoder(images))

    def decode(self, latents: Tensor) -> Tensor:
        """The mean of p(x|z), clamped to [0, 1]."""
        images: Tensor = self.decoder(latents)
        return images.float().clamp(0, 1)

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """decode(z), z ~ N(0, 1): the decoder's mean, without decoder noise."""
        return self.decode(torch.randn(n, *self.latent, generator=generator, device=self.device))

    def facts(self) -> dict[str, float]:
        """Effective decoder sigma, and its ratio to the calibrated value sqrt(mse) on training draws (T9)."""
        rmse = math.sqrt(self.mse.item())
        sigma = rmse if self.sigma == "calibrated" else float(self.sigma)
        sigma = effective_sigma(self.kl_weight, sigma)
        return {"decoder_sigma": sigma, "decoder_sigma_over_rmse": sigma / rmse}

    def players(self) -> tuple[Player, ...]:
        """One: encoder and decoder together."""
        return (Player(name="autoencoder", objective=_Elbo(self)),)


class _Elbo(Objective):
    """Negative evidence lower bound, in nats per dimension."""

    def __init__(self, model: VAE) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.decoder = model.decoder
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        assert isinstance(model, VAE)
        latent = model.encode(batch.images)
        outputs = model.decoder(latent.sample(generator))
        if model.sigma == "calibrated":
            distortion = calibrated_gaussian(batch.images, outputs)
        else:
            distortion = fixed_gaussian(batch.images, outputs, float(model.sigma))
        per_unit = latent.cost_per_unit().mean(0)
        rate = per_unit.sum()
        dimensions = batch.images[0].numel()
        total = (distortion.mean() + model.kl_weight * rate) / dimensions
        with torch.no_grad():
            mse = squared_error(batch.images, outputs).mean() / dimensions
            model.mse.lerp_(mse, _MEMORY if model.mse < 1 else 1.0)
            active = (per_unit > 0.01).float().mean()
        return Loss(total, {"mse": mse, "rate_nats": rate.detach(), "active_units": active})
