"""Frechet distance of feature populations (FID when the features are Inception's)."""

from __future__ import annotations

from typing import final

from acutance.measure._bank import FeatureBank, FeatureMeasure
from acutance.measure._base import few_images
from acutance.measure._frechet import frechet
from acutance.measure._heavy_tails import excess_by_chance, if_few_equal, if_heavy
from acutance.measure._reading import Reading

__all__ = ["MEASURE", "FrechetDistance"]


@final
class FrechetDistance(FeatureMeasure):
    """Squared Frechet distance of Gaussians fitted to the features of both populations; lower is nearer.

    Biased upwards by about 1 / n, so figures compare only at equal n. The interval is that of the distance at this n
    (over the images of both sets), not of its limit.

    References:
        Heusel et al. 2017; O5, T14, T21.
    """

    def compute(self) -> tuple[Reading, ...]:
        return (self.reading("frechet_distance", self.bank),)

    def reading(self, name: str, bank: FeatureBank) -> Reading:
        """The distance under another name, for another kind of features.

        Raises:
            NoDataError: a population is empty.
            MeasureError: a population has fewer than two images.
        """
        real, fake = bank.get("real"), bank.get("fake")
        found = frechet(real, fake)
        low, high = found.length.interval()
        n = min(bank.count("real"), bank.count("fake"))
        features = real.shape[1]
        rank = (f"{n} images for {features} features: the covariance is singular and the distance biased upwards",)
        return Reading(
            name=name,
            value=found.value,
            unit="squared features",
            better="lower",
            n=n,
            low=max(0.0, low),
            high=high,
            preconditions=(
                *few_images(n),
                *(rank if n <= features else ()),
                *if_heavy(excess_by_chance(real.double(), fake.double())),
                *if_few_equal(found.images, n),
            ),
        )


MEASURE = FrechetDistance
