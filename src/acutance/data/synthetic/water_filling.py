"""What can be kept of Gaussian data, in closed form: PCA, reverse water-filling, the linear VAE (T8, O2, O3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float64
from torch import Tensor

from acutance.errors import ConfigError

__all__ = ["Stage", "Stages", "linear_vae", "pca_error", "water_filling"]


@final
@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of a reconstruction, per principal direction; coherence is NaN where nothing is left."""

    power: Float64[Tensor, " *directions"]
    gain: Float64[Tensor, " *directions"]
    coherence: Float64[Tensor, " *directions"]
    mse: Float64[Tensor, " *directions"]


@final
@dataclass(frozen=True, kw_only=True)
class Stages:
    """The stages of a linear Gaussian VAE (T8).

    Attributes:
        mean: decode(mean).
        sample: decode(z ~ q); samples from the prior have its power too.
        noisy: the same with the decoder's own noise added, for beta = 1.
        active: how many directions the code keeps.
        rate_nats: what the code costs, `sum 1/2 log(lambda / s)`, in nats per image.
    """

    mean: Stage
    sample: Stage
    noisy: Stage
    active: int
    rate_nats: float


def linear_vae(
    eigenvalues: Float64[Tensor, " *directions"], level: float, latents: int | None = None, *, beta: float = 1.0
) -> Stages:
    """Every stage of the best linear VAE on Gaussian data: reverse water-filling at `level` (T8).

    Args:
        eigenvalues: variance of each principal direction, at least 0; any shape, e.g. a grid of frequencies.
        level: `s = beta sigma^2`, above 0.
        latents: at most this many directions are kept, those of largest variance; all by default. Of equal ones at
            the limit the first are kept.
        beta: weight of the KL term, above 0.

    Returns:
        Power, gain, coherence and squared error of each stage, in the shape of `eigenvalues`.

    Raises:
        ConfigError: an argument is out of range.
    """
    if not (math.isfinite(level) and level > 0 and math.isfinite(beta) and beta > 0 and bool((eigenvalues >= 0).all())):
        raise ConfigError(f"water-filling needs variances from 0 on, a level and a beta above 0; got {level}, {beta}")
    kept = (eigenvalues > level) & _largest(eigenvalues, latents)
    lam = torch.where(kept, eigenvalues, torch.ones_like(eigenvalues))
    zero = torch.zeros_like(lam)
    h = 1.0 - level / lam
    noise = level / beta

    def stage(power: Tensor, coherence: Tensor, mse: Tensor, floor: float = 0.0) -> Stage:
        nothing = torch.full_like(lam, math.nan) if floor == 0.0 else zero
        return Stage(
            power=torch.where(kept, power, zero + floor),
            gain=torch.where(kept, h, zero),
            coherence=torch.where(kept, coherence, nothing),
            mse=torch.where(kept, mse, eigenvalues + floor),
        )

    return Stages(
        mean=stage(lam * h**2, torch.ones_like(lam), level**2 / lam),
        sample=stage(lam * h, h, zero + level),
        noisy=stage(lam * h + noise, lam * h**2 / (lam * h + noise), zero + level + noise, noise),
        active=int(kept.sum()),
        rate_nats=float(0.5 * torch.log(lam / level)[kept].sum()),
    )


def water_filling(eigenvalues: Float64[Tensor, " *directions"], rate_nats: float) -> tuple[float, float]:
    """The least squared error at a given rate (O3): `sum min(lambda, s)` with `sum max(0, 1/2 log(lambda/s)) = R`.

    Args:
        eigenvalues: variance of each principal direction, at least one above 0.
        rate_nats: nats per image, from 0 on.

    Returns:
        The water level s, and the least squared error per image (summed over directions).

    Raises:
        ConfigError: the rate is negative, or there is no variance.
    """
    lam = torch.sort(eigenvalues.flatten().to(torch.float64), descending=True).values
    positive = lam[lam > 0]
    if not (math.isfinite(rate_nats) and rate_nats >= 0) or len(positive) == 0:
        raise ConfigError(f"water-filling needs a rate from 0 on and some variance, got {rate_nats} nats")
    logs = torch.log(positive)
    counts = torch.arange(1, len(logs) + 1, dtype=torch.float64)
    levels = (torch.cumsum(logs, 0) - 2.0 * rate_nats) / counts
    kept = int((levels <= logs + 1e-15).sum())
    level = float(torch.exp(levels[kept - 1]))
    return level, float(lam.clamp(max=level).sum())


def pca_error(eigenvalues: Float64[Tensor, " *directions"], latents: int) -> float:
    """The least squared error per image of any linear autoencoder with this many latents (O3)."""
    if latents < 0:
        raise ConfigError(f"a number of latents is at least 0, got {latents}")
    return float(torch.sort(eigenvalues.flatten(), descending=True).values[latents:].sum())


def _largest(eigenvalues: Tensor, count: int | None) -> Tensor:
    if count is None:
        return torch.ones_like(eigenvalues, dtype=torch.bool)
    order = torch.sort(eigenvalues.flatten(), descending=True, stable=True).indices[:count]
    mask = torch.zeros(eigenvalues.numel(), dtype=torch.bool)
    mask[order] = True
    return mask.reshape(eigenvalues.shape)
