"""A critic of pairs: an image and a latent to one number."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from acutance.nn.blocks import SLOPE, Trunk
from acutance.nn.layout import Layout

__all__ = ["PairCritic"]

_HIDDEN = 128


class PairCritic(nn.Module):
    """A trunk for the image, a dense layer for the latent, two dense layers for both, and an inner product of the two.

    `D(x, z) = f(x, z) + a(x).b(z) / sqrt(hidden)`: whether image and latent belong together is a matter of products,
    which the inner product has from the start. Dense layers alone did not learn to tell within 48,000 icons, and
    encoder and decoder then agree on nothing (docs/log.md).

    Image and latent come as one vector, so that a penalty on the critic's gradient is one on both.

    Args:
        shape: image `(channels, height, width)`.
        latents: numbers in the latent vector.
        layout: stages and patch of the trunk.

    References:
        Dumoulin et al. 2017; Miyato and Koyama 2018 (the product); theory E.
    """

    def __init__(self, shape: tuple[int, int, int], latents: int, layout: Layout) -> None:
        super().__init__()
        self.shape = shape
        channels, height, width = shape
        rows, columns = layout.grid(height, width)
        self.trunk = Trunk(channels, layout)
        self.from_image = _dense(layout.widths[0] * rows * columns, _HIDDEN)
        self.from_latent = _dense(latents, _HIDDEN)
        self.to_image = _dense(latents, _HIDDEN)
        self.between = _dense(2 * _HIDDEN, _HIDDEN)
        self.head = nn.Linear(_HIDDEN, 1, bias=False)  # a bias drops out of every difference
        nn.init.normal_(self.head.weight, std=1 / math.sqrt(_HIDDEN))

    def forward(self, pairs: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """`joined` pairs to logits; only differences of logits mean anything."""
        pixels = math.prod(self.shape)
        images, latents = pairs[:, :pixels].reshape(-1, *self.shape), pairs[:, pixels:]
        seen = self.from_image(self.trunk(images).flatten(1))
        both = F.leaky_relu(torch.cat([seen, self.from_latent(latents)], dim=1), SLOPE)
        together = (seen * self.to_image(latents)).sum(1) / math.sqrt(_HIDDEN)
        logits: Tensor = self.head(F.leaky_relu(self.between(both), SLOPE)).squeeze(1) + together
        return logits

    @staticmethod
    def joined(images: Float[Tensor, "n c h w"], latents: Float[Tensor, "n l"]) -> Float[Tensor, "n d"]:
        """Images and their latents as the critic takes them."""
        return torch.cat([images.float().flatten(1), latents.float()], dim=1)


def _dense(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.normal_(layer.weight, std=math.sqrt(2 / inputs))
    nn.init.zeros_(layer.bias)
    return layer
