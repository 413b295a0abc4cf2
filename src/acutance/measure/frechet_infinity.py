"""Frechet distance extrapolated to infinitely many images."""

from __future__ import annotations

import math
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.measure._bank import FeatureMeasure
from acutance.measure._base import few_images
from acutance.measure._frechet import Frechet, frechet, frechet_value
from acutance.measure._heavy_tails import excess_by_chance, if_few_equal, if_heavy
from acutance.measure._reading import Reading
from acutance.measure._squared_length import SquaredLength

__all__ = ["MEASURE", "FrechetInfinity"]

_SHARES: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@final
class FrechetInfinity(FeatureMeasure):
    """The Frechet distance's limit: a line through the distance against 1/n, read off at 0.

    The distance of n images is too high by about c / n; six subsets of both populations, from half to all, give
    the line. Its interval follows from how the six vary together: as the larger of two does (T14, T21).

    References:
        Chong and Forsyth 2020; T14, T21.
    """

    def compute(self) -> tuple[Reading, ...]:
        """The limit.

        Raises:
            NoDataError: a population is empty.
            MeasureError: a population has fewer than eight images.
        """
        who = "the limit of the Frechet distance"
        real, fake = self.bank.get("real", 8, who), self.bank.get("fake", 8, who)
        n, features = min(len(real), len(fake)), real.shape[1]
        inverse, values = [], []
        for share in _SHARES:
            a, b = real[: round(share * len(real))], fake[: round(share * len(fake))]
            inverse.append(1.0 / min(len(a), len(b)))
            values.append(frechet_value(a, b))
        at = torch.tensor(inverse, dtype=torch.float64)
        height = torch.tensor(values, dtype=torch.float64)
        lean = at - at.mean()
        to_zero = 1.0 / len(at) - at.mean() * lean / lean.square().sum()
        value = float(to_zero @ height)
        curved = (f"{n} images for {features} features: the distance is no line in 1/n yet, so there is no interval",)
        low, high = math.nan, math.nan
        heavy: tuple[str, ...] = ()
        if n >= 2 * features:
            tails, found = excess_by_chance(real.double(), fake.double()), frechet(real, fake)
            low, high = _limit(value, found, tails, to_zero).interval()
            heavy = (*if_heavy(tails), *if_few_equal(found.images, n))
        return (
            Reading(
                name="frechet_distance_infinity",
                value=value,
                unit="squared features",
                better="lower",
                n=n,
                low=low,
                high=high,
                preconditions=(
                    *few_images(n),
                    *(curved if n < 2 * features else ()),
                    *heavy,
                ),
            ),
        )


def _limit(value: float, found: Frechet, tails: float, weights: Float[Tensor, " shares"]) -> SquaredLength:
    """A weighted sum of the distances of nested shares of both sets: sums over their common parts (T21).

    Chance is taken off, so its base is 0; its third cumulant where nothing differs all but cancels (-.04 of the
    skewness of one distance) and is left out. What is by chance counts twice as much as in one distance, so that it has
    to be that of these features and not of Gaussian ones.
    """
    shares = torch.tensor(_SHARES, dtype=torch.float64)
    common = 1.0 / torch.maximum(shares[:, None], shares)
    one, two = float(weights @ common @ weights), float(weights @ common.square() @ weights)
    bend = 1.5 * float((weights * (common @ weights).square()).sum()) / one**2
    first = found.first - 2.0 * (tails - 1.0) * found.second
    return SquaredLength(
        value, 0.0, one * first, two * tails * found.second, 0.0, one * found.slope, bend, images=found.images
    )


MEASURE = FrechetInfinity
