"""How large a squared length is that was seen with an error: the distances of two samples (T21)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.stats import student_tail

__all__ = ["SquaredLength", "by_chance"]

_NORMAL_BELOW: Final = 1e-3
"""A gamma distribution of less skewness is a normal one."""
_IMAGES: Final = 3.0
"""Student's quantile of two is 18 deviations, a tail that double precision cannot tell from 0."""


@dataclass(frozen=True)
class SquaredLength:
    """`|m + e|^2` as it was seen, and what is known of e, of mean zero and covariance S (T21).

    Attributes:
        value: what was seen; an unbiased estimate may be below 0.
        base: its mean where m is 0: `tr S`, or 0 where that was taken off.
        first: unbiased estimate of the variance that m adds, `4 m'Sm`; may be below 0.
        second: variance where m is 0, `2 tr S^2`.
        third: third cumulant where m is 0, `8 tr S^3`.
        slope: variance for each unit of `|m|^2` along the directions in which e is largest, `4 tr S^3 / tr S^2`.
        bend: third cumulant that m adds for each unit of `|m|^2`, over the square of the variance that it adds.
        images: as how many equal images those count that make the variance (T14).
    """

    value: float
    base: float
    first: float
    second: float
    third: float
    slope: float
    bend: float = 1.5
    images: float = math.inf

    def interval(self) -> tuple[float, float]:
        """95 % interval of the mean of what was seen: the means under which it is neither too small nor too large.

        As wide as Student's, for as many images as `images` says.

        References:
            Liu, Tang and Zhang 2009 (quadratic forms by their cumulants); T21, T22.
        """
        reach, height = math.sqrt(self.second), max(0.0, self.value - self.base)
        if not reach + height > 0.0:
            return self.value, self.value
        slope = max(0.0, self.first + self.slope * reach) / (height + reach)
        spread = math.sqrt(self.second + slope * height)
        if not spread > 0.0:
            return self.value, self.value

        def below(mean: float) -> float:
            above_base = max(0.0, mean - self.base)
            variance = self.second + slope * above_base
            return _share_below(self.value - mean, variance, self.third + self.bend * slope * slope * above_base)

        tail = student_tail(0.025, max(_IMAGES, self.images))
        low, high = _where(below, 1.0 - tail, self.value, -spread), _where(below, tail, self.value, spread)
        return min(low, self.value), max(high, self.value)


def _share_below(value: float, variance: float, third: float) -> float:
    """Share of a shifted gamma distribution of mean 0 below a value, from its second and third cumulant."""
    if not variance > 0.0:
        return float(value >= 0.0)
    standard, skewness = value / math.sqrt(variance), third / variance**1.5
    if skewness < _NORMAL_BELOW:
        return NormalDist().cdf(standard)
    shape = 4.0 / skewness**2
    at = max(0.0, shape + math.sqrt(shape) * standard)
    return float(torch.special.gammainc(*torch.tensor([shape, at], dtype=torch.float64)))


def _where(falling: Callable[[float], float], share: float, start: float, step: float) -> float:
    """The argument at which a falling function is `share`, from a start on and to the side of a step."""
    inside, outside = start, start + step
    for _ in range(60):
        if (falling(outside) > share) == (step < 0.0):
            break
        inside, outside, step = outside, outside + 2.0 * step, 2.0 * step
    for _ in range(40):
        middle = 0.5 * (inside + outside)
        if (falling(middle) > share) == (step < 0.0):
            outside = middle
        else:
            inside = middle
    return 0.5 * (inside + outside)


def by_chance(kernel: Float[Tensor, "k k"], taken: tuple[int, int], sizes: tuple[int, int]) -> Float[Tensor, "k k"]:
    """The covariance S of the difference of two sets' mean kernels, by some images of each (T21).

    The kernel with its means taken out, each image weighted as one of its whole set, and nothing on the diagonal: its
    squares add up to `tr S^2` and its triple products to `tr S^3`, over different images, so without bias but for the
    means.

    Args:
        kernel: of some images of the first set, then of the second; its values are used up.
        taken: how many these are.
        sizes: how many images the two sets have.
    """
    cut = taken[0]
    for rows in (kernel[:cut], kernel[cut:]):
        for block in (rows[:, :cut], rows[:, cut:]):
            block += block.mean() - block.mean(0, keepdim=True) - block.mean(1, keepdim=True)
    root = torch.cat([kernel.new_full((k,), (k * n) ** -0.5) for k, n in zip(taken, sizes, strict=True)])
    return kernel.mul_(root[:, None]).mul_(root).fill_diagonal_(0.0)
