"""Memorisation: samples that are nearer to a real image than any other real image is."""

from __future__ import annotations

from typing import final

from acutance.measure._bank import FeatureMeasure
from acutance.measure._base import few_images
from acutance.measure._neighbours import balls_around, nearest
from acutance.measure._reading import Reading
from acutance.stats import wilson_interval

__all__ = ["MEASURE", "Memorisation"]


@final
class Memorisation(FeatureMeasure):
    """Share of samples that are nearer to their nearest real image than that image's own nearest real neighbour.

    About 1/2 for new draws of the real population at equal n, 1 for copies; give the training set as real. The
    complement is the authenticity of Alaa et al.

    References:
        Alaa et al. 2022.
    """

    def compute(self) -> tuple[Reading, ...]:
        """The share.

        Raises:
            NoDataError: a population is empty.
        """
        real, fake = self.bank.get("real"), self.bank.get("fake", 1)
        square, index = nearest(fake, real)
        own = balls_around(real, (1,)).square[:, 0]
        copied = square < own[index]
        share, n = float(copied.double().mean()), len(fake)
        low, high = wilson_interval(share, n)
        smaller = min(len(real), n)
        return (
            Reading(
                name="memorised_share",
                value=share,
                unit="ratio",
                better="lower",
                n=smaller,
                low=low,
                high=high,
                preconditions=(*few_images(smaller), "the interval counts the spread of the samples alone"),
            ),
        )


MEASURE = Memorisation
