"""How many different pictures a generator has, by the birthday paradox."""

from __future__ import annotations

import math
from typing import Final, final

import torch
from torch import Tensor

from acutance.measure._bank import FeatureMeasure
from acutance.measure._blocks import spans
from acutance.measure._modes import birthday_support
from acutance.measure._neighbours import balls_around
from acutance.measure._reading import Reading
from acutance.measure._within import Finder

__all__ = ["MEASURE", "SupportSize"]

_ROUNDING: Final = 1e-5
"""Features nearer than this share of their length are those of one picture: networks round in float32."""


@final
class SupportSize(FeatureMeasure):
    """Number of equally likely pictures that would give as many coincidences among the samples as there are.

    Two samples coincide where their features are nearer than those of any two different real images: an exact rule that
    needs no eye and no threshold. As many draws of the real population have about one coincidence, so that some
    `n^2 / 4` pictures are the most that can be seen.

    References:
        Arora, Risteski, Zhang 2018.
    """

    def compute(self) -> tuple[Reading, ...]:
        """`birthday_support`.

        Raises:
            NoDataError: a population is empty.
        """
        real, fake = self.bank.get("real"), self.bank.get("fake")
        return (birthday_support(len(fake), _coincidences(fake, _nearest_two(real))),)


def _nearest_two(points: Tensor) -> float:
    """Squared distance of the two nearest points that are not one picture."""
    same = float((_ROUNDING * points.double().norm(dim=1).max()) ** 2)
    square = balls_around(points, (1,)).square
    apart = square[square > same]
    return max(same, math.nextafter(float(apart.min()), 0.0)) if len(apart) else same


def _coincidences(points: Tensor, square: float) -> int:
    """How many pairs are no further apart."""
    finder, found = Finder(points, None), 0
    for rows in spans(len(points)):
        limit = torch.full((rows.stop - rows.start,), square, dtype=torch.float64)
        found += sum(len(finder.within(rows, limit, columns).row) for columns in spans(len(points)))
    return found // 2


MEASURE = SupportSize
