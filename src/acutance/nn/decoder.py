"""The one decoder that every family shares, so that a comparison changes one thing; and what may stand in its place."""

from __future__ import annotations

import abc
import itertools
import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.nn.blocks import SLOPE, conv, double, laid_out_as, residual_stage
from acutance.nn.layout import Layout

__all__ = ["Decoder", "DrawingDecoder", "ImageDecoder", "LatentShape", "soft_clamp"]

_OUTSIDE = 0.25
LatentShape = tuple[int] | tuple[int, int, int]


class ImageDecoder(nn.Module, abc.ABC):
    """Latents to images.

    Attributes:
        latent: shape of one image's latent.
    """

    latent: LatentShape

    @abc.abstractmethod
    def forward(self, z: Float[Tensor, "n *latent"]) -> Float[Tensor, "n c h w"]:
        """Latents to images; values lie near [0, 1] but are not clamped. The same latents, the same images."""


class DrawingDecoder(ImageDecoder, abc.ABC):
    """Latents and noise to images. Where no noise is given it is one fixed field, the same for every image."""

    @abc.abstractmethod
    def drawn(self, z: Float[Tensor, "n *latent"], generator: torch.Generator) -> Float[Tensor, "n c h w"]:
        """The same with noise of its own for every image."""


class Decoder(ImageDecoder):
    """A latent vector or latent map to images.

    A vector enters by a dense layer, a map by a 1 x 1 convolution; everything behind that is the same. Each stage
    doubles the grid bilinearly; the last convolution writes a patch of pixels per grid point. Outside [0, 1] the output
    flattens to a quarter of its slope, so that pixels can rest at black and white and still be moved by a gradient.

    Args:
        latent: `(d,)` or `(c, a, b)` with (a, b) the coarsest grid.
        shape: image `(channels, height, width)`.
        layout: stages and patch.

    Raises:
        ConfigError: a latent without numbers, or an image that the layout does not divide.
    """

    def __init__(self, latent: LatentShape, shape: tuple[int, int, int], layout: Layout) -> None:
        super().__init__()
        if min(latent) < 1:
            raise ConfigError(f"a latent holds at least one number; got {latent}")
        channels, height, width = shape
        self.grid = layout.grid(height, width)
        self.latent = latent
        self.widths = widths = layout.widths
        self.stem: nn.Module
        if len(latent) == 1:
            self.stem = nn.Linear(latent[0], widths[0] * self.grid[0] * self.grid[1])
            nn.init.normal_(self.stem.weight, std=1 / math.sqrt(latent[0]))
            nn.init.zeros_(self.stem.bias)
        else:
            self.stem = conv(latent[0], widths[0], 1)
        self.patch = layout.patch
        self.stages = nn.ModuleList(residual_stage(width, layout.blocks) for width in widths)
        self.narrow = nn.ModuleList(conv(a, b, 1) for a, b in itertools.pairwise(widths))
        self.last = conv(widths[-1], layout.patch**2 * channels, gain=0.5)

    def forward(self, z: Float[Tensor, "n *latent"]) -> Float[Tensor, "n c h w"]:
        """Latents to images; values lie near [0, 1] but are not clamped."""
        return self.pixels(self.features(z))

    def features(self, z: Float[Tensor, "n *latent"]) -> Float[Tensor, "n f a b"]:
        """Latents to features on the finest grid."""
        x = self.start(z)
        for index, stage in enumerate(self.stages):
            x = stage(self.raised(x, index))
        return x

    def start(self, z: Float[Tensor, "n *latent"]) -> Float[Tensor, "n f a b"]:
        """Latents to features on the coarsest grid."""
        x: Tensor = self.stem(z)
        if len(self.latent) > 1:
            return x
        return laid_out_as(self.last.weight, torch.unflatten(x, 1, (-1, *self.grid)))

    def raised(self, x: Float[Tensor, "n f a b"], index: int) -> Float[Tensor, "n g c d"]:
        """What a stage is given: the features of the one before, on its own grid and as many as it has."""
        return double(self.narrow[index - 1](x)) if index else x

    def pixels(self, features: Float[Tensor, "n f a b"]) -> Float[Tensor, "n c h w"]:
        """Features on the finest grid to images."""
        pixels = F.pixel_shuffle(self.last(F.leaky_relu(features, SLOPE)), self.patch)
        return soft_clamp(pixels * 0.5 + 0.5)


def soft_clamp(x: Tensor) -> Tensor:
    """The identity in [0, 1], a quarter of the slope outside."""
    return 1 - F.leaky_relu(1 - F.leaky_relu(x, _OUTSIDE), _OUTSIDE)
