"""Adversarial losses: relativistic pairs and zero-centred gradient penalties."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

__all__ = ["gradient_penalty", "relativistic"]


def relativistic(winner: Float[Tensor, "n *places"], loser: Float[Tensor, "n *places"]) -> Float[Tensor, "n *places"]:
    """softplus(-(winner - loser)): the critic passes (real, fake), the generator (fake, real).

    Every fake is judged against a real image, so no generator gains by leaving modes out.

    References:
        Jolicoeur-Martineau 2019; Huang et al. 2024 (R3GAN); theory E.
    """
    return F.softplus(loser - winner)


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], images: Float[Tensor, "n *values"]
) -> tuple[Float[Tensor, "n *places"], Float[Tensor, " n"]]:
    """|d critic / d images|^2 of each image: R1 on real images, R2 on fakes.

    For a critic of patches it is that of their mean logit, whose gradient is what moves a generator.

    Args:
        critic: images to logits (n,), or (n, places).
        images: values in [0, 1], or pairs of image and latent as one vector; detached inside.

    Returns:
        The logits, and the squared gradient norm of each image, both differentiable in the critic's weights.

    References:
        Mescheder, Geiger, Nowozin 2018; Roth et al. 2017; theory E.
    """
    inputs = images.detach().requires_grad_(True)
    logits = critic(inputs)
    per_image = logits if logits.ndim == 1 else logits.flatten(1).mean(1)
    (gradient,) = torch.autograd.grad(per_image.sum(), inputs, create_graph=True)
    return logits, gradient.square().flatten(1).sum(1)
