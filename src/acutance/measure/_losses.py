"""How much a number of neighbours varies with the images that the balls are made of (T17)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from jaxtyping import Num, Shaped
from torch import Tensor

from acutance.stats import share_interval

__all__ = ["Estimate", "loss_variance"]

_Z: Final = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Estimate:
    """A mean over some images, and its variance by a jackknife.

    Attributes:
        value: the mean.
        own: variance over the images that are averaged.
        others: variance over the images that each of these is set against.
        cases: how many are averaged, if the mean is a share; else 0.
    """

    value: float
    own: float
    others: float
    cases: int

    @staticmethod
    def share(held: Shaped[Tensor, " n"], others: float) -> Estimate:
        """Of a share."""
        value, n = float(held.double().mean()), len(held)
        return Estimate(value, value * (1.0 - value) / n, others, n)

    @staticmethod
    def mean(numbers: Shaped[Tensor, " n"], others: float) -> Estimate:
        """Of a mean of numbers that are 0 or more."""
        return Estimate(float(numbers.mean()), float(numbers.var()) / len(numbers), others, 0)

    @property
    def variance(self) -> float:
        """Both parts."""
        return self.own + self.others

    def interval(self, really: float) -> tuple[float, float, float]:
        """Value and ends, with the share of the variance that is really there; never less than the images' own.

        A share is one of so many independent cases that it would vary as much (Wilson); one of exactly 0 or 1 is one of
        as many as there are, whatever the others are.
        """
        variance = max(self.own, really * self.variance)
        if not self.cases:
            half = _Z * math.sqrt(variance)
            return self.value, max(0.0, self.value - half), self.value + half
        cases = self.cases * self.own / variance if self.own > 0.0 else self.cases
        return (self.value, *share_interval(self.value, cases))


def loss_variance(gains: Num[Tensor, " n"], losses: Num[Tensor, " n"], size: int) -> float:
    """Variance of a count over `size`, by the images whose loss changes it: a jackknife less its counting noise (T17).

    Each image's change is itself counted on a sample, so that it varies from image to image even where all images
    matter alike: as counts do, by its own mean.

    Args:
        gains: (n,) how many cases are counted in addition once an image is gone.
        losses: (n,) how many are then no longer counted.
        size: what the count is divided by.
    """
    gains, losses = gains.double(), losses.double()
    spread = float((gains - losses).var(correction=0)) - float((gains + losses).mean())
    return max(0.0, spread) * len(gains) / size**2
