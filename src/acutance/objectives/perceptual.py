"""A perceptual loss: the distance between features of a frozen network, place by place."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

__all__ = ["Taps", "perceptual_distance"]

Taps = Callable[[Tensor], "Mapping[str, Tensor] | Tensor"]
"""Images (N, C, H, W) in [0, 1] to feature maps (N, F, A, B), one or several by name; differentiable, not trained."""


def perceptual_distance(
    images: Float[Tensor, "n c h w"], outputs: Float[Tensor, "n c h w"], taps: Taps
) -> Float[Tensor, " n"]:
    """Squared distance of unit-length features, averaged over places, then over maps: LPIPS without learnt weights.

    Args:
        images: values in [0, 1]; no gradient passes to them.
        outputs: same shape; the gradient passes through the network to them.
        taps: the network.

    Returns:
        One number an image, from 0 (equal features) to 4.

    References:
        Zhang et al. 2018; theory E.
    """
    with torch.no_grad():
        real = _maps(taps(images))
    fake = _maps(taps(outputs))
    apart = [
        (F.normalize(a.float(), dim=1) - F.normalize(b.float(), dim=1)).square().sum(1).flatten(1).mean(1)
        for a, b in zip(real, fake, strict=True)
    ]
    return torch.stack(apart).mean(0)


def _maps(found: Mapping[str, Tensor] | Tensor) -> list[Tensor]:
    return [found] if isinstance(found, Tensor) else list(found.values())
