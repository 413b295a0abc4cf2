"""Precision, recall, density and coverage: fidelity and diversity by nearest neighbours."""

from __future__ import annotations

import math
from typing import Final, final

from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._bank import FeatureBank, FeatureMeasure
from acutance.measure._base import few_images
from acutance.measure._neighbours import hits, radii
from acutance.measure._reading import Better, Reading
from acutance.stats import wilson_interval

__all__ = ["MEASURE", "Neighbours", "neighbour_shares"]

_Z: Final = 1.959964
_DEFAULT_K: Final = {"precision": 3, "recall": 3, "density": 5, "coverage": 5}

Shares = dict[tuple[str, int], tuple[float, float, float]]


def neighbour_shares(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"], ks: tuple[int, ...]) -> Shares:
    """Precision, recall, density, coverage for each k in one pass over the distances: value, low, high.

    With `B_k(x)` the ball around x out to its k-th neighbour in its own set, the border included:
    precision = share of fake inside some real ball; recall = share of real inside some fake ball;
    density = mean over fake of the number of real balls it is in, over k; coverage = share of real balls that hold one.

    The interval counts both samples: the spread over the images that are averaged, and, by the jackknife, what the loss
    of each image of the other set would change.

    Args:
        real: (n, d) features, n > max(ks).
        fake: (m, d) features, m > max(ks).
        ks: neighbour numbers.

    Returns:
        By (name, k).

    References:
        Kynkaanniemi et al. 2019; Naeem et al. 2020; O5, O7.
    """
    of_real, of_fake = hits(radii(real, ks), fake), hits(radii(fake, ks), real)
    shares: Shares = {}
    for column, k in enumerate(ks):
        inside, held = of_real.per_point[:, column], of_real.per_ball[:, column]
        shares["precision", k] = _share(inside > 0, of_real.only_ball[:, column])
        shares["coverage", k] = _share(held > 0, of_real.only_point[:, column])
        shares["recall", k] = _share(of_fake.per_point[:, column] > 0, of_fake.only_ball[:, column])
        shares["density", k] = _density(inside.double() / k, held.double() / k)
    return shares


def _share(indicator: Tensor, alone: Tensor) -> tuple[float, float, float]:
    """A share of one set's images, and its interval with the other set's part in it."""
    share, n = float(indicator.double().mean()), len(indicator)
    own = share * (1.0 - share) / n
    other = float((alone.double() / n).var(correction=0)) * len(alone)
    effective = n if own + other <= 0.0 or own <= 0.0 else n * own / (own + other)
    return (share, *wilson_interval(share, effective))


def _density(per_fake: Tensor, per_real: Tensor) -> tuple[float, float, float]:
    """Mean over fakes; the same sum seen from the reals gives their part of the variance."""
    value = float(per_fake.mean())
    scaled = per_real * len(per_real) / len(per_fake)
    half = _Z * math.sqrt(float(per_fake.var()) / len(per_fake) + float(scaled.var()) / len(scaled))
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
        need = max(self.ks) + 1
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
