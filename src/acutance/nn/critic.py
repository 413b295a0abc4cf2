"""A critic: images to one number each."""

from __future__ import annotations

import math

from jaxtyping import Float
from torch import Tensor, nn

from acutance.nn.blocks import Trunk
from acutance.nn.layout import Layout

__all__ = ["Critic"]


class Critic(nn.Module):
    """A trunk without normalisation and a dense head (theory E: no layer that couples images or hides contrast).

    Args:
        shape: image `(channels, height, width)`.
        layout: stages and patch.
    """

    def __init__(self, shape: tuple[int, int, int], layout: Layout) -> None:
        super().__init__()
        channels, height, width = shape
        rows, columns = layout.grid(height, width)
        self.trunk = Trunk(channels, layout)
        features = layout.widths[0] * rows * columns
        self.head = nn.Linear(features, 1, bias=False)  # a bias drops out of every difference
        nn.init.normal_(self.head.weight, std=1 / math.sqrt(features))

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        """Images in [0, 1] to logits; only differences of logits mean anything."""
        logits: Tensor = self.head(self.trunk(images).flatten(1))
        return logits.squeeze(1)
