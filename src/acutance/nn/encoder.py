"""Images to the parameters of a latent."""

from __future__ import annotations

import math

from jaxtyping import Float
from torch import Tensor, nn

from acutance.nn.blocks import Trunk, conv
from acutance.nn.layout import Layout

__all__ = ["Encoder"]


class Encoder(nn.Module):
    """A trunk and a head: dense to a vector, or 1 x 1 to a map.

    Args:
        shape: image `(channels, height, width)`.
        out: `(d,)` for a vector, `(c, a, b)` for a map on the coarsest grid.
        layout: stages and patch.
    """

    def __init__(self, shape: tuple[int, int, int], out: tuple[int, ...], layout: Layout) -> None:
        super().__init__()
        channels, height, width = shape
        rows, columns = layout.grid(height, width)
        self.trunk = Trunk(channels, layout)
        self.head: nn.Module
        if len(out) == 1:
            features = layout.widths[0] * rows * columns
            dense = nn.Linear(features, out[0])
            nn.init.normal_(dense.weight, std=1 / math.sqrt(features))
            nn.init.zeros_(dense.bias)
            self.head = nn.Sequential(nn.Flatten(), dense)
        else:
            self.head = conv(layout.widths[0], out[0], 1)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n *out"]:
        """Images in [0, 1] to latent parameters."""
        parameters: Tensor = self.head(self.trunk(images))
        return parameters
