"""What independent pixels cost (T7)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["independence_cost"]


def independence_cost(power: Float[Tensor, " bins"], multiplicity: Float[Tensor, " bins"], degrees: int) -> float:
    """Likelihood lost by a white Gaussian decoder, `1/2 [log mean S - mean log S]` nats per dimension (T7).

    The log of a power estimated from few images is too low on average, by `log k - digamma(k)` with k half the degrees
    of freedom; that is taken out exactly.

    Args:
        power: residual power S_ee of each stored bin.
        multiplicity: how many bins of the full plane each stands for.
        degrees: images minus one.

    Returns:
        Nats per dimension; NaN where some bin has no residual power.

    References:
        Szego 1915, Kolmogorov 1941; T7.
    """
    if bool((power <= 0).any()):
        return float("nan")
    share = multiplicity / multiplicity.sum()
    half = torch.where(multiplicity > 1.5, degrees, degrees / 2.0)
    bias = half.log() - torch.digamma(half)
    return 0.5 * float((share @ power).log() - share @ (power.log() + bias))
