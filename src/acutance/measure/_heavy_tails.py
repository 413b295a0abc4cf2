"""How much more a Frechet distance varies by chance than that of Gaussian samples does (T14)."""

from __future__ import annotations

import math
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.measure._base import FEW
from acutance.measure._squared_length import by_chance

__all__ = ["equal_images", "excess_by_chance", "gaussian_by_chance", "if_few_equal", "if_heavy"]

_IMAGES: Final = 256
"""Images of each set that tell it: a few products of matrices of so many."""
_HEAVY: Final = 5.0
_SMALL: Final = 1e-4
"""Directions with less of the largest variance add nothing."""


def gaussian_by_chance(s: Float[Tensor, " r"], inverse: float) -> tuple[float, float, float]:
    """First three cumulants of the distance of two Gaussian samples of one population, covariance eigenvalues s (T14).

    It is a sum of squares of normal numbers: of the mean's errors, of those of the variances, and of the covariances.

    Args:
        s: eigenvalues above 0.
        inverse: 1 / n1 + 1 / n2.
    """
    pairs = (s[:, None] * s / (s[:, None] + s)).triu(1)
    mean, second, third = (float((s**k).sum() * (1.0 + 0.5**k) + (pairs**k).sum()) for k in (1, 2, 3))
    return inverse * mean, 2.0 * inverse**2 * second, 8.0 * inverse**3 * third


def excess_by_chance(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> float:
    """How many times the variance of Gaussian samples' distance that of these features' is by chance; 1 or more.

    The distance of two samples of one population is to second order that of two mean kernels, with the kernel
    `x . y + sum_ij x_i x_j y_i y_j / 2 (l_i + l_j)` in the axes of the covariance. Some images tell it, and what it
    would be if they were Gaussian, with the same eigenvalues l.

    Args:
        a: (n, d) features, in an order that has nothing to do with them.
        b: (m, d) the same of the other set.
    """
    some = [rows[:_IMAGES] - rows[:_IMAGES].mean(0) for rows in (a, b)]
    both = torch.cat(some)
    squares, vectors = torch.linalg.eigh(both @ both.T)
    keep = squares > _SMALL * squares[-1]
    if len(both) < 4 or not bool(keep.any()):
        return 1.0
    spread = squares[keep] / squares[-1]  # what is asked has no unit
    along = vectors[:, keep] * (spread * (len(both) - 2)).sqrt()
    kernel = along @ along.T + _of_covariances(along, spread)
    found = 2.0 * float(by_chance(kernel, (len(some[0]), len(some[1])), (len(a), len(b))).square().sum())
    _, gaussian, _ = gaussian_by_chance(spread, 1.0 / len(a) + 1.0 / len(b))
    return max(1.0, found / gaussian)


def _of_covariances(along: Float[Tensor, "k r"], spread: Float[Tensor, " r"]) -> Float[Tensor, "k k"]:
    """`sum_ij x_i x_j y_i y_j / 2 (l_i + l_j)`: with `1 / s` as a sum of exponentials, squares of products of matrices.

    `1 / s = int exp(u - s e^u) du`, by the trapezoidal rule with step 1: within .1 %.
    """
    low, high = -torch.log(1000.0 * spread[-1]), torch.log(5.0 / spread[0])
    found = torch.zeros(len(along), len(along), dtype=along.dtype)
    for u in torch.arange(float(low), float(high) + 1.0, dtype=along.dtype):
        weighed = along * (-0.5 * spread * u.exp()).exp()
        found.addcmul_(*2 * (weighed @ weighed.T,), value=0.5 * float(u.exp()))
    return found


def equal_images(*added: Float[Tensor, " _"]) -> float:
    """As how many images those count that make a variance: few, where a few make most of it (T14).

    All, where what they add has the fourth moment of a normal distribution, or less.

    Args:
        added: (n,) what each image of a set adds, n times, of mean zero; one for each set.
    """
    variance = sum(float(some.square().mean()) / len(some) for some in added)
    fourth = sum(_beyond_normal(some) / len(some) ** 3 for some in added)
    return variance**2 / fourth if fourth > 0.0 else math.inf


def _beyond_normal(added: Float[Tensor, " n"]) -> float:
    """The fourth moment that is left when a normal distribution's is set to that of equal numbers."""
    squared = float(added.square().mean()) ** 2
    return max(squared, float(added.pow(4).mean()) - 2.0 * squared)


def if_heavy(excess: float) -> tuple[str, ...]:
    """The precondition that features with a large excess by chance violate."""
    heavy = f"the features have heavy tails (by chance {excess:.0f} times the variance of Gaussian ones)"
    return (f"{heavy}: the interval is rough",) if excess > _HEAVY else ()


def if_few_equal(images: float, n: int) -> tuple[str, ...]:
    """The precondition that a variance violates which a few images make; of n below 30 the reading says so anyway."""
    few = f"a few images make most of its variance, which is as that of {images:.0f} equal ones"
    return (f"{few}: the interval is rough",) if images < FEW <= n else ()
