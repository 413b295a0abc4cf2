"""Plain networks as people write them elsewhere: a convolutional autoencoder and a perceptron, points or Gaussians."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from acutance.nn.latents import DiagonalNormal, Dirac, Latent
from planted_suite.subject import Parts, Shape


@final
@dataclass(frozen=True, kw_only=True)
class Conv:
    """Two strided convolutions down to a map of a quarter of the sides, two transposed ones up again.

    Attributes:
        code: channels of the map.
        width: features.
        sigma: decoder noise of a VAE, in units of the pixel range; None makes an autoencoder.
    """

    code: int
    width: int = 48
    sigma: float | None = None

    def build(self, shape: Shape) -> Net:
        channels, wide = shape[0], self.width
        encoder = nn.Sequential(
            nn.Conv2d(channels, wide, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(wide, 2 * wide, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(2 * wide, 2 * wide, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(2 * wide, self.code * (1 if self.sigma is None else 2), 1),
        )
        decoder = nn.Sequential(
            nn.Conv2d(self.code, 2 * wide, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(2 * wide, 2 * wide, 3, 1, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * wide, wide, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(wide, channels, 4, 2, 1),
        )
        return Net("conv", shape, encoder, decoder, self.sigma)


@final
@dataclass(frozen=True, kw_only=True)
class Perceptron:
    """Dense layers only.

    Attributes:
        code: numbers in the code.
        width: of the hidden layer on either side; 0 leaves it out, and the net is linear.
        sigma: as in `Conv`.
    """

    code: int
    width: int = 512
    sigma: float | None = None

    def build(self, shape: Shape) -> Net:
        pixels = shape[0] * shape[1] * shape[2]
        out = self.code * (1 if self.sigma is None else 2)
        if self.width:
            encoder = nn.Sequential(nn.Flatten(), nn.Linear(pixels, self.width), nn.GELU(), nn.Linear(self.width, out))
            decoder = [nn.Linear(self.code, self.width), nn.GELU(), nn.Linear(self.width, pixels)]
        else:
            encoder = nn.Sequential(nn.Flatten(), nn.Linear(pixels, out))
            decoder = [nn.Linear(self.code, pixels)]
        return Net("perceptron", shape, encoder, nn.Sequential(*decoder, nn.Unflatten(1, shape)), self.sigma)


@final
class Net(nn.Module):
    """An encoder to a point or to a Gaussian, and a decoder; squared error, with the KL where there is a sigma."""

    def __init__(self, family: str, shape: Shape, encoder: nn.Module, decoder: nn.Module, sigma: float | None) -> None:
        super().__init__()
        self.family, self.shape, self.sigma = family, shape, sigma
        self.encoder, self.decoder = encoder, decoder

    def forward(self, images: Tensor) -> Latent:
        """Images to latents."""
        code: Tensor = self.encoder(images).float()
        return Dirac(code) if self.sigma is None else DiagonalNormal.from_parameters(code)

    def loss(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Nats per image, up to a constant; for points the squared error alone."""
        latent = self(images)
        error = (self.decoder(latent.sample(generator)).float() - images).square().flatten(1).sum(1).mean()
        if self.sigma is None:
            return error
        return error / (2 * self.sigma**2) + latent.cost().mean()

    def parts(self) -> Parts:
        """What a subject is made of; a Gaussian one states its sigma."""
        facts = {} if self.sigma is None else {"decoder_sigma": self.sigma}
        return Parts(family=self.family, shape=self.shape, encoder=self, decoder=self.decoder, facts=facts)
