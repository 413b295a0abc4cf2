"""The Gaussian variational autoencoder, with a latent vector or a latent map."""

from __future__ import annotations

import math
from typing import Literal, final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder, Generator, ImageShape, ModelConfig
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._processes import mean_over_processes
from acutance.nn.decoder import Decoder, LatentShape
from acutance.nn.encoder import Encoder
from acutance.nn.latents import DiagonalNormal
from acutance.nn.layout import Layout
from acutance.objectives.gaussian import calibrated_gaussian, effective_sigma, fixed_gaussian, squared_error

__all__ = ["VAE", "DecoderNoise"]

DecoderNoise = Literal["calibrated"] | float
ACTIVE_NATS = 0.01


@final
class VAE(Autoencoder, Generator):
    """Encoder to a diagonal Gaussian, decoder to the mean of a Gaussian with one shared sigma.

    Args:
        config: the family's config, kept for config.json.
        shape: images.
        latent: `(d,)` or `(c, a, b)`.
        layout: of encoder and decoder.
        sigma: "calibrated" (Rybkin 2021), or a fixed decoder noise in units of the pixel range.
        kl_weight: multiplies the KL in nats; 1 is the VAE, whose likelihood is summed over pixels.

    Raises:
        ConfigError: a decoder noise or KL weight that is none.
    """

    def __init__(
        self,
        config: ModelConfig,
        shape: ImageShape,
        *,
        latent: LatentShape,
        layout: Layout,
        sigma: DecoderNoise,
        kl_weight: float,
    ) -> None:
        if sigma != "calibrated" and not (isinstance(sigma, int | float) and 0 < sigma < math.inf):
            raise ConfigError(f"sigma is 'calibrated' or a positive number in units of the pixel range, got {sigma!r}")
        if not 0 <= kl_weight < math.inf:
            raise ConfigError(f"kl_weight is a number from 0 on, got {kl_weight}")
        super().__init__(config, shape, Decoder(latent, shape, layout))
        self.sigma = sigma
        self.kl_weight = kl_weight
        self.encoder = Encoder(shape, (2 * latent[0], *latent[1:]), layout)

    def encode(self, images: Tensor) -> DiagonalNormal:
        """The posterior q(z|x)."""
        return DiagonalNormal.from_parameters(self.encoder(images))

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws from N(0, 1), (n, *latent)."""
        return torch.randn(n, *self.latent_shape, generator=generator, device=self.device)

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """decode(prior): the decoder's mean, without decoder noise."""
        return self.decode(self.prior(n, generator))

    def facts(self) -> dict[str, float]:
        """Effective decoder sigma, and its ratio to the calibrated value sqrt(mse) on training draws (T9)."""
        if self.mse < 0:
            return {}
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
        self._vae = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._vae.module
        latent = model.encode(batch.images)
        outputs = model.decoder(latent.sample(generator))
        dimensions = batch.images[0].numel()
        mse = mean_over_processes(squared_error(batch.images, outputs.detach()).mean() / dimensions)
        if model.sigma == "calibrated":
            distortion = calibrated_gaussian(batch.images, outputs, mse)
        else:
            distortion = fixed_gaussian(batch.images, outputs, float(model.sigma))
        per_unit = latent.cost_per_unit().mean(0)
        rate = per_unit.sum()
        total = (distortion.mean() + model.kl_weight * rate) / dimensions
        active = (per_unit.detach() > ACTIVE_NATS).float().sum()
        model.track_mse(mse)
        return Loss(total, {"mse": mse, "rate_nats": rate.detach(), "active_units": active})
