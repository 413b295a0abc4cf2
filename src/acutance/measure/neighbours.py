"""Precision, recall, density and coverage: fidelity and diversity by nearest neighbours."""

from __future__ import annotations

from functools import partial
from typing import Final, Literal, final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._bank import FeatureBank, FeatureMeasure
from acutance.measure._base import few_cases, few_images
from acutance.measure._halves import Distances, true_share
from acutance.measure._losses import Estimate, loss_variance
from acutance.measure._neighbours import Balls, Hits, balls_around, mutual_hits
from acutance.measure._reading import Better, Reading

__all__ = ["MEASURE", "Neighbours", "neighbour_shares"]

_DEFAULT_K: Final = {"precision": 3, "recall": 3, "density": 5, "coverage": 5}

Shares = dict[tuple[str, int], tuple[float, float, float]]


def neighbour_shares(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"], ks: tuple[int, ...]) -> Shares:
    """Precision, recall, density, coverage for each k in one pass over the distances: value, low, high.

    With `B_k(x)` the ball around x out to its k-th neighbour in its own set, the border included:
    precision = share of fake inside some real ball; recall = share of real inside some fake ball; coverage = share of
    real balls that hold a fake; density = mean over fake of the number of real balls it is in, over k.

    The interval counts both samples: the spread over the images that are averaged, and what the loss of each image of
    the other set would change. Without an image its own ball is gone, and balls that had it among their k nearest grow
    to the next. How much of that variance there really is, halves of the images tell (T17).

    Args:
        real: (n, d) features, n > max(ks) + 1, in an order that has nothing to do with them.
        fake: (m, d) features, m > max(ks) + 1, likewise.
        ks: neighbour numbers.

    Returns:
        By (name, k).

    References:
        Kynkaanniemi et al. 2019; Naeem et al. 2020; O5, O7, T17.
    """
    found = _estimates(real, fake, ks)
    variances = partial(_variances, ks=ks)
    really = true_share(real, fake, 2 * max(ks) + 2, partial(_values, ks=ks), variances)
    return {
        (name, k): estimate.interval(float(share))
        for ((name, k), estimate), share in zip(found.items(), really, strict=True)
    }


def _estimates(real: Tensor, fake: Tensor, ks: tuple[int, ...]) -> dict[tuple[str, int], Estimate]:
    pairs = tuple(k + grown for k in ks for grown in (0, 1))
    of_real, of_fake = balls_around(real, pairs), balls_around(fake, pairs)
    in_real, in_fake = mutual_hits(of_real, of_fake)
    found: dict[tuple[str, int], Estimate] = {}
    for column, k in enumerate(ks):
        at = 2 * column
        found["precision", k] = _held(of_real, in_real, at, k)
        found["recall", k] = _held(of_fake, in_fake, at, k)
        found["coverage", k] = _coverage(of_real, in_real, at, k)
        found["density", k] = _density(of_real, in_real, at, k)
    return found


def _variances(real: Tensor, fake: Tensor, ks: tuple[int, ...]) -> Tensor:
    return torch.tensor([estimate.variance for estimate in _estimates(real, fake, ks).values()], dtype=torch.float64)


def _values(near: Distances, ks: tuple[int, ...]) -> Tensor:
    """The numbers alone, of few images, in the order of `_estimates`."""
    of_real, of_fake = (own.topk(max(ks), largest=False).values for own in (near.real, near.fake))
    values = []
    for k in ks:
        in_real, in_fake = near.across <= of_real[..., k - 1, None], near.across <= of_fake[..., None, :, k - 1]
        shares = [in_real.any(-2), in_fake.any(-1), in_real.any(-1), in_real.sum(-2) / k]
        values += [share.double().mean(-1) for share in shares]
    return torch.stack(values, dim=-1)


def _held(balls: Balls, hits: Hits, at: int, k: int) -> Estimate:
    """Share of points that some ball holds."""
    held = hits.per_point[:, at] > 0
    gains, kept = (_caught(balls, hits, at, k, holders) for holders in (0, 1))
    others = loss_variance(gains, hits.only_ball[:, at] - kept, len(held))
    return Estimate.share(held, others)


def _caught(balls: Balls, hits: Hits, at: int, k: int, holders: Literal[0, 1]) -> Int[Tensor, " n"]:
    """For each centre taken away, the points that growing balls then catch: held by none before, or by it alone."""
    ball, point = hits.shells[at]
    reach, lone = balls.nearest[ball, :k], (hits.per_point[point, at] == holders)[:, None]
    if holders == 1:
        lone = lone & (reach == hits.holder[point, at][:, None])
    places = (reach * len(hits.per_point) + point[:, None])[lone.expand_as(reach)]
    centres = np.unique(places.numpy()) // max(1, len(hits.per_point))
    return torch.bincount(torch.from_numpy(centres), minlength=len(balls.points))


def _coverage(balls: Balls, hits: Hits, at: int, k: int) -> Estimate:
    """Share of balls that hold some point; both the points and the neighbours that make the balls might be others."""
    n, held, held_next = len(balls.points), hits.per_ball[:, at] > 0, hits.per_ball[:, at + 1] > 0
    points, gained = hits.only_point[:, at], _among_nearest(balls, k, (held_next & ~held).double())
    others = loss_variance(torch.zeros_like(points), points, n)
    others += loss_variance(gained, torch.zeros_like(gained), n)
    return Estimate.share(held, others)


def _density(balls: Balls, hits: Hits, at: int, k: int) -> Estimate:
    """Mean number of balls that hold a point, over k."""
    inside, held, held_next = hits.per_point[:, at].double() / k, hits.per_ball[:, at], hits.per_ball[:, at + 1]
    gained = _among_nearest(balls, k, (held_next - held).double())
    return Estimate.mean(inside, loss_variance(gained, held, k * len(inside)))


def _among_nearest(balls: Balls, k: int, gain: Tensor) -> Tensor:
    """For each point, the sum of `gain` over those balls that have it among their k nearest."""
    reach = balls.nearest[:, :k]
    return torch.zeros_like(gain).index_add_(0, reach.flatten(), gain.repeat_interleave(reach.shape[1]))


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
            MeasureError: a population has fewer images than the largest k and 2.
        """
        need = max(self.ks) + 2
        who = f"the neighbour number k = {max(self.ks)}"
        real, fake = self.bank.get("real", need, who), self.bank.get("fake", need, who)
        shares = neighbour_shares(real, fake, self.ks)
        chosen = {name: k for name, k in _DEFAULT_K.items() if k in self.ks}
        return tuple(
            self._reading(name if chosen.get(name) == k else f"{name}_k{k}", *values)
            for (name, k), values in shares.items()
        )

    def _reading(self, name: str, value: float, low: float, high: float) -> Reading:
        real, fake = self.bank.count("real"), self.bank.count("fake")
        n, counts = min(real, fake), {real, fake}
        unequal = (f"the sets differ in size ({min(counts)} and {max(counts)}), which moves this number",)
        uneven = max(counts) > 1.1 * min(counts)
        density = name.startswith("density")
        better: Better = "one" if density else "higher"
        few = () if density else few_cases(value, fake if name.startswith("precision") else real)
        return Reading(
            name=name,
            value=value,
            unit="ratio",
            better=better,
            n=n,
            low=low,
            high=high,
            preconditions=(*few_images(n), *few, *(unequal if uneven else ())),
        )


MEASURE = Neighbours
