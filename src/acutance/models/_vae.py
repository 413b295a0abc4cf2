"""The Gaussian variational autoencoder, with a latent vector or a latent map."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor

from acutance.models._base import Generator, ImageShape
from acutance.models._bottleneck import Gaussian
from acutance.models._distortion import DistortionConfig, Judged
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.nn.decoder import Decoder, LatentShape
from acutance.nn.encoder import Encoder
from acutance.nn.latents import DiagonalNormal
from acutance.nn.layout import Layout
from acutance.objectives.gaussian import effective_sigma

__all__ = ["VAE"]


@final
class VAE(Judged, Generator):
    """Encoder to a diagonal Gaussian, decoder to the mean of a Gaussian with one shared sigma.

    Args:
        config: the family's config, kept for config.json; it says what outputs are judged by.
        shape: images.
        latent: `(d,)` or `(c, a, b)`.
        layout: of encoder and decoder.
        kl_weight: multiplies the KL in nats; 1 is the VAE, whose likelihood is summed over pixels.

    Raises:
        ConfigError: a decoder noise or weight that is none.
    """

    config: DistortionConfig

    def __init__(
        self,
        config: DistortionConfig,
        shape: ImageShape,
        *,
        latent: LatentShape,
        layout: Layout,
        kl_weight: float,
    ) -> None:
        super().__init__(config, shape, Decoder(latent, shape, layout))
        self.bottleneck = Gaussian(latent[0], kl_weight)
        self.distortion = config.distortion(shape)
        if config.pixel_weight and kl_weight:
            self.rate_weight = kl_weight / config.pixel_weight
        self.encoder = Encoder(shape, (self.bottleneck.features, *latent[1:]), layout)

    def encode(self, images: Tensor) -> DiagonalNormal:
        """The posterior q(z|x)."""
        posterior: DiagonalNormal = self.bottleneck(self.encoder(images))
        return posterior

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws from N(0, 1), (n, *latent)."""
        return torch.randn(n, *self.latent_shape, generator=generator, device=self.device)

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """decode(prior): the decoder's mean, without decoder noise."""
        return self.decode(self.prior(n, generator))

    def facts(self) -> dict[str, float]:
        """Effective decoder sigma, and its ratio to the calibrated value sqrt(mse) on training draws (T9).

        None where pixels or the rate do not count, where their likelihood is not a Gaussian of one sigma, or without an
        error to compare with.
        """
        sigma, rate = self.distortion.sigma(self.mse), self.bottleneck.kl_weight
        weighed = rate and self.config.pixel_weight and self.config.likelihood == "gaussian"
        if self.mse <= 0 or sigma is None or not weighed:
            return {}
        sigma = effective_sigma(rate / self.config.pixel_weight, sigma)
        return {"decoder_sigma": sigma, "decoder_sigma_over_rmse": sigma / math.sqrt(self.mse.item())}

    def players(self) -> tuple[Player, ...]:
        """One: encoder and decoder together."""
        return (Player(name="autoencoder", objective=_Elbo(self)),)


class _Elbo(Objective):
    """Negative evidence lower bound, in nats per dimension."""

    def __init__(self, model: VAE) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.decoder = model.decoder
        self.distortion = model.distortion.ready()
        self._vae = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._vae.module
        latent = model.encode(batch.images)
        judged: Loss = self.distortion(batch.images, self.decoder(latent.sample(generator)))
        rate = model.bottleneck.cost(latent, batch.images[0].numel())
        model.track_mse(judged.terms["mse"])
        return judged + rate

    def settle(self, generator: torch.Generator) -> None:
        """The likelihood's scale follows."""
        self.distortion.settle()
