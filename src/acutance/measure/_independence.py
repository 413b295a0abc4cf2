"""What independent pixels cost (T7)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["independence_cost", "second_order_variance"]


def independence_cost(power: Float[Tensor, " bins"], multiplicity: Float[Tensor, " bins"], degrees: float) -> float:
    """Likelihood lost by a white Gaussian decoder, `1/2 [log mean S - mean log S]` nats per dimension (T7).

    The log of a power estimated from few images is too low on average, by `log k - digamma(k)` with k half the degrees
    of freedom; that is taken out exactly (for Gaussian residuals).

    Args:
        power: residual power S_ee of each stored bin.
        multiplicity: how many bins of the full plane each stands for.
        degrees: images minus one; fewer where their powers are unequal.

    Returns:
        Nats per dimension; NaN where some bin has no residual power.

    References:
        Szego 1915, Kolmogorov 1941; T7.
    """
    if bool((power <= 0).any()):
        return float("nan")
    share = multiplicity / multiplicity.sum()
    half = _half(multiplicity, degrees)
    bias = half.log() - torch.digamma(half)
    return 0.5 * float((share @ power).log() - share @ (power.log() + bias))


def second_order_variance(multiplicity: Float[Tensor, " bins"], degrees: float) -> float:
    """Variance of `independence_cost` beyond its first order.

    That of a logarithm, `trigamma(k)`, less that of the power, `1 / k`; averages over rings have the latter alone.
    """
    share, half = multiplicity / multiplicity.sum(), _half(multiplicity, degrees)
    return 0.25 * float(share.square() @ (torch.polygamma(1, half) - 1.0 / half))


def _half(multiplicity: Tensor, degrees: float) -> Tensor:
    """Half the degrees of freedom of each bin's power: a bin that is its own mirror image is real."""
    return degrees * torch.where(multiplicity > 1.5, 1.0, 0.5).double()
