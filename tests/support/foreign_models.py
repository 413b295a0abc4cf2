"""Small models in the form that `python:MODULE:ATTRIBUTE` takes, with answers that are known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from small_models import images_of
from torch import Tensor, nn

KEPT = 24


class Linear(nn.Module):
    """The first principal components of the blobs, in the range of values that it was fitted in."""

    def __init__(self, low: float = 0.0, high: float = 1.0, *, kept: int = KEPT) -> None:
        super().__init__()
        training = (low + (high - low) * images_of(200)).flatten(1)
        mean = training.mean(0)
        directions = torch.linalg.svd(training - mean, full_matrices=False).Vh[:kept]
        self.encoder = nn.Linear(256, kept)
        self.decoder = nn.Sequential(nn.Linear(kept, 256), nn.Dropout(0.5), nn.BatchNorm1d(256))
        first: Any = self.decoder[0]
        with torch.no_grad():
            self.encoder.weight.copy_(directions)
            self.encoder.bias.copy_(-directions @ mean)
            first.weight.copy_(directions.T)
            first.bias.copy_(mean)

    def encode(self, images: Tensor) -> Any:
        return self.encoder(images.flatten(1))

    def decode(self, latent: Tensor) -> Tensor:
        return self.decoder(latent).view(-1, 1, 16, 16)


class Gaussian(Linear):
    """With a posterior of a fixed width."""

    decoder_sigma = 0.2
    kl_weight = 4.0

    def encode(self, images: Tensor) -> Any:
        mean = super().encode(images)
        return SimpleNamespace(mean=mean, std=torch.full_like(mean, 0.1))

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.randn(n, KEPT, generator=generator)


class Rounded(Linear):
    """With codes: each latent rounded to one of 33 numbers."""

    def encode(self, images: Tensor) -> Any:
        continuous = super().encode(images)
        indices = continuous.mul(4).round().clamp(-16, 16)
        return SimpleNamespace(quantized=indices / 4, continuous=continuous, indices=indices.long() + 16)


class Piped(Linear):
    """With an input pipeline that halves the size and doubles it again."""

    def preprocess(self, images: Tensor) -> Tensor:
        return nn.functional.interpolate(nn.functional.avg_pool2d(images, 2), scale_factor=2)


class Drawing:
    """A generator that is no module."""

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.rand(n, 1, 16, 16, generator=generator)

    def translate(self, images: Tensor, generator: torch.Generator) -> Tensor:
        return 1 - images


def state(module: nn.Module) -> dict[str, Tensor]:
    """A copy of all that a module holds."""
    return {name: value.clone() for name, value in module.state_dict().items()}
