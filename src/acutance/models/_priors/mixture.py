"""A mixture of Gaussians with full covariances, fitted to codes by expectation and maximisation in float64."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._priors._frame import Frame
from acutance.models._priors._prior import LatentPrior

__all__ = ["Mixture", "Prior", "expectation_maximisation", "fit"]

COMPONENTS = 10
_PER_COMPONENT = 20
_STEPS = 200
_TOLERANCE = 1e-7
_LOG_2PI = math.log(2 * math.pi)

Parameters = tuple[Tensor, Tensor, Tensor]
"""Weights (K,), means (K, D), covariances (K, D, D)."""


@final
class Mixture(LatentPrior):
    """A mixture of Gaussians of whitened latents.

    Args:
        latent: shape of one image's latent.
        kept: directions of the frame.
        components: Gaussians.
    """

    def __init__(self, *, latent: list[int], kept: int, components: int) -> None:
        super().__init__()
        self.settings = {"latent": list(latent), "kept": kept, "components": components}
        self.frame = Frame(tuple(latent), kept)
        self.register_buffer("weights", torch.full((components,), 1 / components, dtype=torch.float64))
        self.register_buffer("means", torch.zeros(components, kept, dtype=torch.float64))
        self.register_buffer("factors", torch.eye(kept, dtype=torch.float64).repeat(components, 1, 1))
        self.weights: Tensor
        self.means: Tensor
        self.factors: Tensor

    @property
    def latent(self) -> tuple[int, ...]:
        return self.frame.latent

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        device = self.means.device
        component = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.frame.kept, generator=generator, device=device, dtype=torch.float64)
        places = self.means[component] + torch.einsum("nij,nj->ni", self.factors[component], noise)
        return self.frame.outside(places, generator)


Prior = Mixture


def fit(latents: Tensor, generator: torch.Generator, components: int | None = None) -> Mixture:
    """The mixture that makes latents likely.

    Each covariance is drawn towards that of all latents, as by as many further latents as there are directions, so
    that a component with few of its own is no needle.

    Args:
        latents: (N, *latent).
        generator: of the start.
        components: Gaussians; 10 by default, fewer where there are fewer than 20 latents for each.

    Raises:
        ConfigError: no components.
        InputError: too few latents, or some that are no numbers.
    """
    frame = Frame.of(latents)
    count = min(COMPONENTS, max(1, len(latents) // _PER_COMPONENT)) if components is None else components
    if not 1 <= count <= len(latents):
        raise ConfigError(f"a mixture of {len(latents)} latents has 1 to {len(latents)} components, got {count}")
    places = frame.inside(latents)
    weights, means, covariances = expectation_maximisation(places, count, generator, pull=float(frame.kept))
    prior = Mixture(latent=list(frame.latent), kept=frame.kept, components=count)
    prior.frame.load_state_dict(frame.state_dict())
    prior.weights.copy_(weights)
    prior.means.copy_(means)
    prior.factors.copy_(torch.linalg.cholesky(covariances))
    return prior


def expectation_maximisation(
    places: Tensor, components: int, generator: torch.Generator, *, pull: float = 0.0
) -> Parameters:
    """Weights, means and covariances at which the (penalised) likelihood no longer rises.

    Args:
        places: (N, D), float64.
        components: Gaussians.
        generator: of the start, from places far apart.
        pull: how many places at the common covariance each component is given besides its own.

    References:
        Dempster, Laird, Rubin 1977; Arthur, Vassilvitskii 2007 (k-means++).
    """
    centred = places - places.mean(0)
    common = centred.mT @ centred / len(places)
    floor = 1e-6 * common.diagonal().mean().clamp_min(1e-12) * torch.eye(places.shape[1], dtype=places.dtype)
    nearest = torch.cdist(places, _far_apart(places, components, generator)).argmin(1)
    share = torch.nn.functional.one_hot(nearest, components).to(places.dtype)
    found, before = _maximised(places, share, common, pull, floor), -math.inf
    for _ in range(_STEPS):
        joint = _log_joint(places, found)
        level = torch.logsumexp(joint, 1)
        now = level.mean().item()
        if now - before < _TOLERANCE * max(1.0, abs(now)):
            break
        before = now
        found = _maximised(places, (joint - level[:, None]).exp(), common, pull, floor)
    return found


def _far_apart(places: Tensor, count: int, generator: torch.Generator) -> Tensor:
    chosen = [int(torch.randint(len(places), (1,), generator=generator))]
    for _ in range(count - 1):
        away = torch.cdist(places, places[chosen]).square().min(1).values + 1e-12
        chosen.append(int(torch.multinomial(away, 1, generator=generator)))
    return places[chosen]


def _maximised(places: Tensor, share: Tensor, common: Tensor, pull: float, floor: Tensor) -> Parameters:
    counts = share.sum(0).clamp_min(1e-9)
    means = (share.mT @ places) / counts[:, None]
    covariances = []
    for k in range(share.shape[1]):
        centred = places - means[k]
        own = (share[:, k, None] * centred).mT @ centred
        covariances.append((own + pull * common) / (counts[k] + pull) + floor)
    return counts / counts.sum(), means, torch.stack(covariances)


def _log_joint(places: Tensor, parameters: Parameters) -> Tensor:
    """log (weight * density) of each place under each component, (N, K)."""
    weights, means, covariances = parameters
    found = []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        factor = torch.linalg.cholesky(covariance)
        white = torch.linalg.solve_triangular(factor, (places - mean).mT, upper=False)
        size = factor.diagonal().log().sum() + 0.5 * places.shape[1] * _LOG_2PI
        found.append(weight.log() - 0.5 * white.square().sum(0) - size)
    return torch.stack(found, 1)
