"""A critic that sees a stated part of the image: patches of one size, from a single pixel on."""

from __future__ import annotations

import itertools
import math

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from acutance.nn.blocks import SLOPE, conv

__all__ = ["FieldCritic"]

_LAYERS = 4
_NEAR = 1.12


class FieldCritic(nn.Module):
    """Images to a map of logits, each of which sees a square of `field_px` pixels.

    Patches of pixels are folded into channels; of the four convolutions behind that, as many are 3 x 3 as the field
    wants and the others 1 x 1, so that every field has the same depth and width.

    Args:
        shape: image `(channels, height, width)`; whatever the critic is to see, input and output, as channels.
        field_px: wanted side of what a logit sees; the nearest side that can be had is `self.field_px`.
        features: of every layer.

    References:
        Isola et al. 2017, sections 3.2 and 4.4; theory E.
    """

    def __init__(self, shape: tuple[int, int, int], field_px: int, features: int) -> None:
        super().__init__()
        channels, height, width = shape
        self.patch, wide = _layout(field_px, math.gcd(height, width))
        self.field_px = self.patch * (1 + 2 * wide)
        sizes = [self.patch**2 * channels] + [features] * _LAYERS
        self.layers = nn.ModuleList(
            conv(a, b, 3 if index < wide else 1, gain=math.sqrt(2 / (1 + SLOPE**2)) if index else 1.0)
            for index, (a, b) in enumerate(itertools.pairwise(sizes))
        )
        self.head = conv(features, 1, 1)
        self.head.bias = None  # it drops out of every difference

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n places"]:
        """Images in [0, 1] to logits."""
        x = F.pixel_unshuffle(images * 2 - 1, self.patch)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), SLOPE)
        logits: Tensor = self.head(x)
        return logits.flatten(1)


def _layout(field_px: int, side: int) -> tuple[int, int]:
    """Patch and number of 3 x 3 convolutions for a field: the nearest, but a larger patch is cheaper within 12 %.

    Example:
        >>> [_layout(field, 32) for field in (1, 2, 9)], [_layout(field, 256) for field in (1, 16, 70)]
        ([(1, 0), (2, 0), (2, 2)], [(1, 0), (16, 0), (8, 4)])
    """
    patches = [2**k for k in range(field_px.bit_length()) if side % 2**k == 0]
    found = [(patch, wide) for patch in patches for wide in range(_LAYERS + 1)]

    def off(one: tuple[int, int]) -> float:
        ratio = one[0] * (1 + 2 * one[1]) / field_px
        return max(ratio, 1 / ratio)

    near = [one for one in found if off(one) <= _NEAR and one[1]]
    return max(near) if near else min(found, key=off)
