"""How strong an adversarial loss is to be beside a reconstruction loss."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["adaptive_weight", "with_gradient"]

_LEAST = 1e-6
_MOST = 1e4


@torch.no_grad()
def adaptive_weight(reconstruction: Tensor, adversarial: Tensor) -> Float[Tensor, ""]:
    """|grad rec| / (|grad gan| + 1e-6): times this, the adversarial gradient is as long as the other; at most 1e4.

    Args:
        reconstruction: gradient of the reconstruction loss with respect to the decoder's last layer.
        adversarial: gradient of the adversarial loss with respect to the same.

    References:
        Esser, Rombach, Ommer 2021 (VQGAN); theory E.
    """
    weight: Tensor = reconstruction.float().norm() / (adversarial.float().norm() + _LEAST)
    return weight.clamp_max(_MOST)


def with_gradient(value: Float[Tensor, ""], outputs: Tensor, gradient: Tensor) -> Float[Tensor, ""]:
    """A scalar that has this value, and whose gradient with respect to `outputs` is this one.

    What was differentiated once, to be weighed, needs not be differentiated again.
    """
    wide = outputs.float()
    return value.detach() + ((wide - wide.detach()) * gradient.detach().float()).sum()
