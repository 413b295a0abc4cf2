"""Convolution blocks without normalisation: residual blocks that start as the identity.

Norm-free residual networks keep per-image statistics (a critic must see contrast), cost nothing where normalisation
is slow (bfloat16 GroupNorm on CPUs), and train stably when every branch starts at zero (Zhang et al. 2019, Fixup;
Huang et al. 2024, R3GAN; theory E).
"""

from __future__ import annotations

import itertools
import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from acutance.nn.layout import Layout
from acutance.nn.small_grid import Conv2d

__all__ = [
    "SLOPE",
    "ResidualBlock",
    "Trunk",
    "conv",
    "count_parameters",
    "double",
    "halve",
    "laid_out_as",
    "residual_stage",
    "to_channels_last",
]

SLOPE = 0.2
_GAIN = math.sqrt(2 / (1 + SLOPE**2))


def conv(channels_in: int, channels_out: int, kernel: int = 3, *, gain: float = 1.0) -> nn.Conv2d:
    """A same-size convolution whose outputs have `gain` times the standard deviation of its inputs."""
    layer = Conv2d(channels_in, channels_out, kernel, padding=kernel // 2)
    nn.init.normal_(layer.weight, std=gain / math.sqrt(channels_in * kernel**2))
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer


def double(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h2 w2"]:
    """Bilinear upsampling by two: no checkerboard, unlike a strided transposed convolution."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def halve(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h2 w2"]:
    """Averaging over 2 x 2 pixels."""
    return F.avg_pool2d(x, 2)


def laid_out_as(weight: Float[Tensor, "o i k k"], x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """The same features, channels last where a convolution's weights are: mixed layouts cost a copy an operation."""
    last = weight.is_contiguous(memory_format=torch.channels_last) and not weight.is_contiguous()
    return x.contiguous(memory_format=torch.channels_last) if last else x


class ResidualBlock(nn.Module):
    """x + conv(act(conv(act(x)))), the last convolution starting at zero."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv(channels, channels, gain=_GAIN)
        self.last = conv(channels, channels, gain=0.0)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Same shape in and out."""
        hidden = F.leaky_relu_(self.first(F.leaky_relu(x, SLOPE)), SLOPE)
        branch: Tensor = self.last(hidden)
        return x + branch


def residual_stage(channels: int, blocks: int) -> nn.Sequential:
    """`blocks` residual blocks one behind the other."""
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(blocks)))


class Trunk(nn.Module):
    """Images to a grid of features, for encoders and critics.

    Patches of pixels are folded into channels first; each further stage halves the grid.

    Args:
        channels: image channels.
        layout: stages, listed coarse to fine as in the decoder and gone through the other way.
    """

    def __init__(self, channels: int, layout: Layout) -> None:
        super().__init__()
        self.patch = layout.patch
        fine_to_coarse = layout.widths[::-1]
        self.stem = conv(layout.patch**2 * channels, fine_to_coarse[0])
        self.stages = nn.ModuleList(residual_stage(width, layout.blocks) for width in fine_to_coarse)
        self.widen = nn.ModuleList(conv(a, b, 1) for a, b in itertools.pairwise(fine_to_coarse))

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n f a b"]:
        """Images in [0, 1] to the coarsest features."""
        x = self.stem(F.pixel_unshuffle(images * 2 - 1, self.patch))
        for index, stage in enumerate(self.stages):
            if index:
                x = self.widen[index - 1](halve(x))
            x = stage(x)
        return F.leaky_relu(x, SLOPE)


def count_parameters(module: nn.Module) -> int:
    """How many numbers a module trains or holds as parameters."""
    return sum(p.numel() for p in module.parameters())


def to_channels_last(module: nn.Module) -> nn.Module:
    """The module with its convolution weights laid out channels last, the fast layout on CPUs and GPUs."""
    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
