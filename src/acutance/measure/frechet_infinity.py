"""Frechet distance extrapolated to infinitely many images."""

from __future__ import annotations

import math
from typing import Final, final

import torch

from acutance.measure._bank import FeatureMeasure
from acutance.measure._base import few_images
from acutance.measure._frechet import frechet, frechet_value
from acutance.measure._reading import Reading
from acutance.stats import skewed_interval

__all__ = ["MEASURE", "FrechetInfinity"]

_BELOW: Final = 3.0
"""How many errors below the value the limit's error is taken to vanish; from simulation, see docs/precision.md."""

_SHARES: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@final
class FrechetInfinity(FeatureMeasure):
    """The Frechet distance's limit: a line through the distance against 1/n, read off at 0.

    The distance of n images is too high by about c / n; six subsets of both populations, from half to all, give
    the line. Its interval follows from how the six vary together: as the larger of two does (T14).

    References:
        Chong and Forsyth 2020.
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
        found, shares = frechet(real, fake), torch.tensor(_SHARES, dtype=torch.float64)
        larger = 1.0 / torch.maximum(shares[:, None], shares)
        error = math.sqrt(float(to_zero @ (found.first * larger + found.second * larger.square()) @ to_zero))
        curved = (f"{n} images for {features} features: the distance is no line in 1/n yet, so there is no interval",)
        if n < 2 * features:
            error = math.nan
        low, high = skewed_interval(value, error, max(value + _BELOW * error, error))
        return (
            Reading(
                name="frechet_distance_infinity",
                value=value,
                unit="squared features",
                better="lower",
                n=n,
                low=low,
                high=high,
                preconditions=(*few_images(n), *(curved if n < 2 * features else ())),
            ),
        )


MEASURE = FrechetInfinity
