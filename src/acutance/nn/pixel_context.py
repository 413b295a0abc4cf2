"""What the distribution of a pixel may depend on: the decoder's output around it, and the pixels before it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from acutance.nn.blocks import SLOPE, conv

__all__ = ["EarlierPixels", "PixelContext"]

_LOOK = 5
_REACH = 4


class PixelContext(nn.Module):
    """Outputs, and features of what came before, to parameters of every pixel, by 1 x 1 convolutions.

    Args:
        channels: of the images.
        parameters: of each value.
        width: features in between.
    """

    def __init__(self, channels: int, parameters: int, width: int) -> None:
        super().__init__()
        self.parameters_each = parameters
        self.look = conv(channels, width, _LOOK)
        self.mix = conv(width, width, 1)
        self.last = conv(width, parameters * channels, 1, gain=0.0)

    def seen(self, outputs: Float[Tensor, "n c h w"]) -> Float[Tensor, "n f h w"]:
        """Features of the decoder's outputs."""
        found: Tensor = self.look(outputs * 2 - 1)
        return found

    def forward(self, features: Float[Tensor, "n f h w"]) -> Float[Tensor, "k n c h w"]:
        """Features to parameters, (parameters, N, C, H, W)."""
        hidden = F.leaky_relu(self.mix(F.leaky_relu(features, SLOPE)), SLOPE)
        return torch.unflatten(self.last(hidden), 1, (self.parameters_each, -1)).movedim(1, 0)


class EarlierPixels(nn.Module):
    """One masked convolution: features of the residuals above and to the left of every pixel, never of its own.

    Args:
        channels: of the images.
        width: features.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        rows, columns = _REACH + 1, 2 * _REACH + 1
        mask = torch.ones(rows, columns)
        mask[-1, _REACH:] = 0
        self.register_buffer("mask", mask, persistent=False)
        self.mask: Tensor
        self.weight = nn.Parameter(torch.randn(width, channels, rows, columns) / (channels * mask.sum()).sqrt())

    def forward(self, residuals: Float[Tensor, "n c h w"]) -> Float[Tensor, "n f h w"]:
        """Of every pixel; beyond the border there is no residual."""
        return self.windows(self.canvas(residuals))

    def windows(self, padded: Float[Tensor, "n c a b"]) -> Float[Tensor, "n f d e"]:
        """Of the pixels whose whole neighbourhood is given: below it there is none, on both sides there is."""
        return F.conv2d(padded, self.weight * self.mask)

    @staticmethod
    def window(padded: Float[Tensor, "n c a b"], row: int, column: int) -> Float[Tensor, "n c d e"]:
        """The neighbourhood of one pixel, out of residuals padded as in `forward`."""
        return padded[:, :, row : row + _REACH + 1, column : column + 2 * _REACH + 1]

    @staticmethod
    def canvas(residuals: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c a b"]:
        """Residuals with the border of zeros that `window` counts on."""
        return F.pad(residuals, (_REACH, _REACH, _REACH, 0))
