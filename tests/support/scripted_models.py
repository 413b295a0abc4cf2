"""Small networks for TorchScript and ONNX: saved by their users' own means."""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch
from foreign_models import KEPT, Linear
from torch import Tensor, nn


class Posterior(NamedTuple):
    """What says itself what it is."""

    mean: Tensor
    log_var: Tensor


class Halved(nn.Module):
    """Halves images and doubles them again by convolutions: takes any even size."""

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        self.encoder = nn.Conv2d(channels, channels, 2, 2, groups=channels, bias=False)
        self.decoder = nn.ConvTranspose2d(channels, channels, 2, 2, groups=channels, bias=False)
        nn.init.constant_(self.encoder.weight, 0.25)
        nn.init.ones_(self.decoder.weight)

    def forward(self, images: Tensor) -> Tensor:
        return self.decoder(self.encoder(images))

    @torch.jit.export
    def encode(self, images: Tensor) -> Tensor:
        return self.encoder(images)

    @torch.jit.export
    def decode(self, latent: Tensor) -> Tensor:
        return self.decoder(latent)


class Whole(nn.Module):
    """The same, and nothing but forward."""

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        self.inner = Halved(channels)

    def forward(self, images: Tensor) -> Tensor:
        return self.inner(images)


class Components(nn.Module):
    """The principal components of `foreign_models.Linear`, bounded by tanh-like ends: one size alone."""

    def __init__(self, low: float) -> None:
        super().__init__()
        linear = Linear(low, 1)
        self.encoder, self.decoder = linear.encoder, linear.decoder[0]
        self.low = low

    def forward(self, images: Tensor) -> Tensor:
        return self.decode(self.encode(images))

    @torch.jit.export
    def encode(self, images: Tensor) -> Tensor:
        return self.encoder(images.flatten(1))

    @torch.jit.export
    def decode(self, latent: Tensor) -> Tensor:
        return self.decoder(latent).view(-1, 1, 16, 16).clamp(self.low, 1.0)


class Named(Components):
    """With a posterior that is a named tuple."""

    @torch.jit.export
    def encode(self, images: Tensor) -> Posterior:  # type: ignore[override]
        mean = self.encoder(images.flatten(1))
        return Posterior(mean, torch.full_like(mean, -4.0))

    def forward(self, images: Tensor) -> Tensor:
        return self.decode(self.encode(images).mean)


class Paired(Components):
    """With a posterior that is a bare pair."""

    @torch.jit.export
    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        mean = self.encoder(images.flatten(1))
        return mean, torch.full_like(mean, 0.25)

    def forward(self, images: Tensor) -> Tensor:
        return self.decode(self.encode(images)[0])


class DCGAN(nn.Sequential):
    """The generator of Radford, Metz & Chintala 2016 for 64 px, thinner: noise (n, 100, 1, 1), tanh."""

    def __init__(self, width: int = 8, channels: int = 3) -> None:
        sides = [100, 8 * width, 4 * width, 2 * width, width]
        layers: list[nn.Module] = []
        for i, (before, after) in enumerate(pairwise(sides)):
            stride, padding = (1, 0) if i == 0 else (2, 1)
            layers += [
                nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        super().__init__(*layers, nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh())


class Vector(nn.Module):
    """A generator of a vector of noise, sigmoid."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(KEPT, 256)

    def forward(self, noise: Tensor) -> Tensor:
        return self.layer(noise).sigmoid().view(-1, 1, 16, 16)


def script(module: nn.Module, file: Path) -> Path:
    """Save a module as TorchScript, without the library's word that the format is old."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.script(module.eval()), str(file))
    return file
