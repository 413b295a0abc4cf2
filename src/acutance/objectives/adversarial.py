"""Adversarial losses: games of a critic and a generator, and penalties on the critic's gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

__all__ = ["GAMES", "Game", "between", "gradient_penalty", "relativistic", "unit_slope"]

_TINY = 1e-12


def relativistic(winner: Float[Tensor, "n *places"], loser: Float[Tensor, "n *places"]) -> Float[Tensor, "n *places"]:
    """softplus(-(winner - loser)): the critic passes (real, fake), the generator (fake, real).

    Every fake is judged against a real image, so no generator gains by leaving modes out.

    References:
        Jolicoeur-Martineau 2019; Huang et al. 2024 (R3GAN); theory E.
    """
    return F.softplus(loser - winner)


@final
@dataclass(frozen=True)
class Game:
    """What the two sides of an adversarial game minimise.

    Attributes:
        critic: (real, fake) logits to the critic's loss.
        generator: (real, fake) logits to the generator's loss.
        bounded: whether the gap between the logits is bounded by the loss itself; where it is not, the critic's slope
            has to be held by a penalty.
    """

    critic: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    bounded: bool = True


GAMES: Final[dict[str, Game]] = {
    "relativistic": Game(relativistic, lambda real, fake: relativistic(fake, real)),
    "non_saturating": Game(
        lambda real, fake: F.softplus(-real) + F.softplus(fake),
        lambda real, fake: F.softplus(-fake),
    ),
    "hinge": Game(lambda real, fake: F.relu(1 - real) + F.relu(1 + fake), lambda real, fake: -fake),
    "wasserstein": Game(lambda real, fake: fake - real, lambda real, fake: -fake, bounded=False),
}
"""By name: Jolicoeur-Martineau 2019; Goodfellow et al. 2014, the generator's loss that does not saturate; Lim and Ye
2017; Arjovsky et al. 2017."""


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


def between(
    real: Float[Tensor, "n *values"], fake: Float[Tensor, "n *values"], generator: torch.Generator
) -> Float[Tensor, "n *values"]:
    """A point at random on the straight line between each real image and its fake."""
    t = torch.rand(len(real), *[1] * (real.ndim - 1), generator=generator, device=real.device)
    return torch.lerp(fake.to(real.dtype), real, t.to(real.dtype))


def unit_slope(squared_norm: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """(|gradient| - 1)^2: least where the critic rises by one per unit of distance.

    Args:
        squared_norm: from `gradient_penalty`, at points `between` real and fake images.

    References:
        Gulrajani et al. 2017 (WGAN-GP).
    """
    return (squared_norm.clamp_min(_TINY).sqrt() - 1).square()
