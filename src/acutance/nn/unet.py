"""A U-Net: images to images, with noise on the way; details pass beside the coarse grids and need no code."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from acutance.nn.blocks import SLOPE, conv, double, halve, residual_stage
from acutance.nn.decoder import soft_clamp
from acutance.nn.layout import Layout

__all__ = ["Noises", "UNet"]

Noises = tuple[Tensor | None, list[Tensor]]
"""Numbers on the coarsest grid (n, latents, a, b), if any, and of each stage which features are kept (n, f, a, b)."""


class UNet(nn.Module):
    """Patches of pixels down to a coarse grid and up again, every grid handed across.

    Without normalisation, whose statistics of a batch of one are those of one image (theory E), and which is slow where
    convolutions are fast. Noise enters as numbers on the coarsest grid, or as dropout behind every stage but the
    finest on the way up; either is drawn anew for every output, in training and after it.

    Args:
        shape: image `(channels, height, width)`, of input and output alike.
        layout: stages and patch, on the way down and on the way up.
        latents: channels of noise on the coarsest grid; 0 has none.
        dropout: share of features set to zero; 0 has none.

    References:
        Ronneberger et al. 2015; Isola et al. 2017, section 3.2.
    """

    def __init__(self, shape: tuple[int, int, int], layout: Layout, *, latents: int, dropout: float) -> None:
        super().__init__()
        channels, height, width = shape
        self.grid = layout.grid(height, width)
        self.patch, self.latents, self.dropout = layout.patch, latents, dropout
        self.widths, blocks = layout.widths, layout.blocks
        widths = self.widths
        self.stem = conv(layout.patch**2 * channels, widths[-1])
        self.down = nn.ModuleList(residual_stage(features, blocks) for features in widths[::-1])
        self.widen = nn.ModuleList(conv(a, b, 1) for a, b in itertools.pairwise(widths[::-1]))
        self.noise = conv(latents, widths[0], 1) if latents else None
        self.narrow = nn.ModuleList(conv(a, b, 1) for a, b in itertools.pairwise(widths))
        self.merge = nn.ModuleList(conv(2 * features, features, 1) for features in widths[1:])
        self.up = nn.ModuleList(residual_stage(features, blocks) for features in widths)
        self.last = conv(widths[-1], layout.patch**2 * channels, gain=0.5)

    def forward(
        self, images: Float[Tensor, "n c h w"], generator: torch.Generator | None = None
    ) -> Float[Tensor, "n c h w"]:
        """Images in [0, 1] to images that lie near [0, 1] but are not clamped.

        Args:
            images: inputs.
            generator: of the noise; None for torch's own.
        """
        return self.translated(images, self.noise_of(len(images), generator))

    def noise_of(self, n: int, generator: torch.Generator | None = None) -> Noises:
        """The noise of n images: numbers on the coarsest grid, if any, then which features stay behind each stage.

        Args:
            n: how many; the noise of one fits any number, the same for all.
            generator: None for torch's own.
        """
        device, (rows, columns) = self.stem.weight.device, self.grid
        latents = None
        if self.latents:
            latents = torch.randn(n, self.latents, rows, columns, generator=generator, device=device)
        if not self.dropout:
            return latents, []
        shapes = [(n, width, rows << index, columns << index) for index, width in enumerate(self.widths[:-1])]
        drawn = [torch.rand(shape, generator=generator, device=device) for shape in shapes]
        return latents, [values >= self.dropout for values in drawn]

    def translated(self, images: Float[Tensor, "n c h w"], noise: Noises) -> Float[Tensor, "n c h w"]:
        """`forward`, with noise from `noise_of`."""
        passed, (latents, kept) = self._down(images), noise
        x = passed.pop()
        if self.noise is not None and latents is not None:
            x = x + self.noise(latents)
        for index, stage in enumerate(self.up):
            if index:
                x = double(self.narrow[index - 1](x))
                x = self.merge[index - 1](torch.cat([x, passed.pop()], dim=1))
            x = stage(x)
            if index < len(kept):
                x = x * kept[index] / (1 - self.dropout)
        pixels = F.pixel_shuffle(self.last(F.leaky_relu(x, SLOPE)), self.patch)
        return soft_clamp(pixels * 0.5 + 0.5)

    def _down(self, images: Tensor) -> list[Tensor]:
        """The features of every stage, fine to coarse."""
        x = self.stem(F.pixel_unshuffle(images * 2 - 1, self.patch))
        found: list[Tensor] = []
        for index, stage in enumerate(self.down):
            if index:
                x = self.widen[index - 1](halve(x))
            x = stage(x)
            found.append(x)
        return found
