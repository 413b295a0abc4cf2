"""A patch critic: images to a map of numbers, each of which judges a part of the image."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from acutance.nn.blocks import Trunk, conv
from acutance.nn.layout import Layout

__all__ = ["PatchCritic"]


class PatchCritic(nn.Module):
    """A trunk without normalisation and a 1 x 1 convolution: one logit at each place of its coarsest grid.

    Args:
        channels: image channels.
        layout: stages and patch; more stages see a larger part of the image.

    References:
        Isola et al. 2017; theory E.
    """

    def __init__(self, channels: int, layout: Layout) -> None:
        super().__init__()
        self.trunk = Trunk(channels, layout)
        self.head = conv(layout.widths[0], 1, 1)
        self.head.bias = None  # it drops out of every difference

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n places"]:
        """Images in [0, 1] to logits; only differences of logits at one place mean anything."""
        logits: Tensor = self.head(self.trunk(images))
        return logits.flatten(1)
