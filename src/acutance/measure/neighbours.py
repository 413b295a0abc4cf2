"""Precision, recall, density and coverage: fidelity and diversity by nearest neighbours."""

from __future__ import annotations

import math
from typing import Final, final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._bank import FeatureBank, FeatureMeasure
from acutance.measure._base import few_images
from acutance.measure._neighbours import Balls, Hits, balls_around, mutual_hits
from acutance.measure._reading import Better, Reading
from acutance.stats import wilson_interval

__all__ = ["MEASURE", "Neighbours", "neighbour_shares"]

_Z: Final = 1.959964
_DEFAULT_K: Final = {"precision": 3, "recall": 3, "density": 5, "coverage": 5}

_LONE: Final = 1 / 4
_COUNTED: Final = 2 / 3
"""Shares of the jackknife's variance that are there, for images held by one ball or none and for counts: neighbours
move together, so that their losses do not add up. The figures are from simulation, see docs/precision.md."""

Shares = dict[tuple[str, int], tuple[float, float, float]]


def neighbour_shares(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"], ks: tuple[int, ...]) -> Shares:
    """Precision, recall, density, coverage for each k in one pass over the distances: value, low, high.

    With `B_k(x)` the ball around x out to its k-th neighbour in its own set, the border included:
    precision = share of fake inside some real ball; recall = share of real inside some fake ball; coverage = share of
    real balls that hold a fake; density = mean over fake of the number of real balls it is in, over k.

    The interval counts both samples: the spread over the images that are averaged, and what the loss of each image of
    the other set would change (jackknife, see `_LONE`). Without an image its own ball is gone, and balls that had it
    among their k nearest grow to the next.

    Args:
        real: (n, d) features, n > max(ks).
        fake: (m, d) features, m > max(ks).
        ks: neighbour numbers.

    Returns:
        By (name, k).

    References:
        Kynkaanniemi et al. 2019; Naeem et al. 2020; O5, O7.
    """
    pairs = tuple(k + grown for k in ks for grown in (0, 1))
    of_real, of_fake = balls_around(real, pairs), balls_around(fake, pairs)
    in_real, in_fake = mutual_hits(of_real, of_fake)
    shares: Shares = {}
    for column, k in enumerate(ks):
        at = 2 * column
        shares["precision", k] = _held(of_real, in_real, at, k)
        shares["recall", k] = _held(of_fake, in_fake, at, k)
        shares["coverage", k] = _coverage(of_real, in_real, at)
        shares["density", k] = _density(of_real, in_real, at, k)
    return shares


def _held(balls: Balls, hits: Hits, at: int, k: int) -> tuple[float, float, float]:
    """Share of points that some ball holds."""
    held = hits.per_point[:, at] > 0
    losses = _LONE * _jackknife(_newly_held(balls, hits, at, k) - hits.only_ball[:, at], len(held))
    share = float(held.double().mean())
    return _wilson(share, share * (1.0 - share) / len(held) + losses, len(held))


def _newly_held(balls: Balls, hits: Hits, at: int, k: int) -> Int[Tensor, " n"]:
    """For each centre that is taken away, the points that growing balls alone then hold: now held by none, or by it."""
    ball, point = hits.shells[at]
    reach = balls.nearest[ball, :k]
    count, holder = hits.per_point[point, at], hits.holder[point, at]
    lone = (count == 0)[:, None] | ((count == 1)[:, None] & (reach == holder[:, None]))
    places = (reach * len(hits.per_point) + point[:, None])[lone]
    centres = np.unique(places.numpy()) // max(1, len(hits.per_point))
    return torch.bincount(torch.from_numpy(centres), minlength=len(balls.points))


def _coverage(balls: Balls, hits: Hits, at: int) -> tuple[float, float, float]:
    """Share of balls that hold some point."""
    n = len(balls.points)
    share = float((hits.per_ball[:, at] > 0).double().mean())
    losses = _COUNTED * _jackknife(hits.only_point[:, at], n)
    return _wilson(share, share * (1.0 - share) / n + losses, n)


def _density(balls: Balls, hits: Hits, at: int, k: int) -> tuple[float, float, float]:
    """Mean number of balls that hold a point, over k."""
    inside, held, held_next = hits.per_point[:, at], hits.per_ball[:, at], hits.per_ball[:, at + 1]
    moved = _among_nearest(balls, k, (held_next - held).double()) - held
    value, m = float(inside.double().mean()) / k, len(inside)
    half = _Z * math.sqrt(float(inside.double().var()) / (m * k * k) + _COUNTED * _jackknife(moved, k * m))
    return value, max(0.0, value - half), value + half


def _among_nearest(balls: Balls, k: int, gain: Tensor) -> Tensor:
    """For each point, the sum of `gain` over those balls that have it among their k nearest."""
    reach = balls.nearest[:, :k]
    return torch.zeros_like(gain).index_add_(0, reach.flatten(), gain.repeat_interleave(reach.shape[1]))


def _jackknife(changes: Tensor, size: int) -> float:
    """Variance of a sum over `size` from what the loss of each image changes in it."""
    return float(changes.double().var(correction=0)) * len(changes) / size**2


def _wilson(share: float, variance: float, n: int) -> tuple[float, float, float]:
    """A share with this variance, as one of so many independent cases that it would vary as much."""
    own = share * (1.0 - share)
    return (share, *wilson_interval(share, own / variance if own > 0.0 else n))


@final
class Neighbours(FeatureMeasure):
    """Precision and recall (k = 3), density and coverage (k = 5), and the same at any other k in the same pass.

    A reading at its own default k has the plain name (`precision`), at another k that k behind it (`precision_k5`).

    Args:
        ks: neighbour numbers.
        bank: features already at hand.

    References:
        Kynkaanniemi et al. 2019; Naeem et al. 2020; O5, O7.
    """

    def __init__(self, ks: tuple[int, ...] = (3, 5), bank: FeatureBank | None = None) -> None:
        super().__init__(bank)
        if not ks or min(ks) < 1:
            raise MeasureError(f"neighbour numbers must be 1 or more, got {ks}")
        self.ks = tuple(sorted(set(ks)))

    def compute(self) -> tuple[Reading, ...]:
        """All shares.

        Raises:
            NoDataError: a population is empty.
            MeasureError: a population has no more images than the largest k.
        """
        need = max(self.ks) + 2
        real, fake = self.bank.get("real", need), self.bank.get("fake", need)
        shares = neighbour_shares(real, fake, self.ks)
        chosen = {name: k for name, k in _DEFAULT_K.items() if k in self.ks}
        return tuple(
            self._reading(name if chosen.get(name) == k else f"{name}_k{k}", *values)
            for (name, k), values in shares.items()
        )

    def _reading(self, name: str, value: float, low: float, high: float) -> Reading:
        n = min(self.bank.count("real"), self.bank.count("fake"))
        counts = {self.bank.count("real"), self.bank.count("fake")}
        unequal = (f"the sets differ in size ({min(counts)} and {max(counts)}), which moves this number",)
        uneven = max(counts) > 1.1 * min(counts)
        better: Better = "one" if name.startswith("density") else "higher"
        return Reading(
            name=name,
            value=value,
            unit="ratio",
            better=better,
            n=n,
            low=low,
            high=high,
            preconditions=(*few_images(n), *(unequal if uneven else ())),
        )


MEASURE = Neighbours
