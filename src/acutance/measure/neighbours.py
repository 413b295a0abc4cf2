"""Precision, recall, density and coverage: fidelity and diversity by nearest neighbours."""

from __future__ import annotations

import math
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._bank import FeatureBank, FeatureMeasure
from acutance.measure._base import few_images
from acutance.measure._neighbours import Balls, balls_around, mutual_hits
from acutance.measure._reading import Better, Reading
from acutance.stats import wilson_interval

__all__ = ["MEASURE", "Neighbours", "neighbour_shares"]

_Z: Final = 1.959964
_DEFAULT_K: Final = {"precision": 3, "recall": 3, "density": 5, "coverage": 5}

_HEALED: Final = 0.5
"""Share of the jackknife's variance that is not there: where a ball is lost, its neighbours' balls grow and cover part
of its place, so that the plain jackknife is too wide. The figure is from simulation, see docs/precision.md."""

Shares = dict[tuple[str, int], tuple[float, float, float]]


def neighbour_shares(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"], ks: tuple[int, ...]) -> Shares:
    """Precision, recall, density, coverage for each k in one pass over the distances: value, low, high.

    With `B_k(x)` the ball around x out to its k-th neighbour in its own set, the border included:
    precision = share of fake inside some real ball; recall = share of real inside some fake ball; coverage = share of
    real balls that hold a fake; density = mean over fake of the number of real balls it is in, over k.

    The interval counts both samples: the spread over the images that are averaged, and what the loss of each image of
    the other set would change (jackknife, see `_HEALED`).

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
        inside, held, held_next = in_real.per_point[:, at], in_real.per_ball[:, at], in_real.per_ball[:, at + 1]
        shares["precision", k] = _share(inside > 0, in_real.only_ball[:, at])
        shares["recall", k] = _share(in_fake.per_point[:, at] > 0, in_fake.only_ball[:, at])
        shares["coverage", k] = _share(held > 0, in_real.only_point[:, at])
        moved = _among_nearest(of_real, k, (held_next - held).double()) - held
        shares["density", k] = _density(inside.double() / k, moved / (k * len(fake)))
    return shares


def _among_nearest(balls: Balls, k: int, gain: Tensor) -> Tensor:
    """For each point, the sum of `gain` over those balls that have it among their k nearest."""
    reach = balls.nearest[:, :k]
    return torch.zeros_like(gain).index_add_(0, reach.flatten(), gain.repeat_interleave(reach.shape[1]))


def _jackknife(losses: Tensor) -> float:
    """Variance from what the loss of each image changes."""
    return (1.0 - _HEALED) * float(losses.double().var(correction=0)) * len(losses)


def _share(indicator: Tensor, alone: Tensor) -> tuple[float, float, float]:
    """A share of one set's images; `alone` counts for each image of the other set those that no other accounts for."""
    share, n = float(indicator.double().mean()), len(indicator)
    own, other = share * (1.0 - share) / n, _jackknife(alone / n)
    return (share, *wilson_interval(share, n * own / (own + other) if own > 0.0 else n))


def _density(per_fake: Tensor, losses: Tensor) -> tuple[float, float, float]:
    """Without a real image its ball is gone, and balls that had it among their k nearest grow to the next."""
    value = float(per_fake.mean())
    half = _Z * math.sqrt(float(per_fake.var()) / len(per_fake) + _jackknife(losses))
    return value, max(0.0, value - half), value + half


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
