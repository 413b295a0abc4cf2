"""Whether samples and real images have the same spectra: one test on spectra alone (T2)."""

from __future__ import annotations

import math
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._base import PopulationMeasure, few_images
from acutance.measure._images import ROLES, Role, check_sides
from acutance.measure._moments import Batch, powers_of
from acutance.measure._plane import Plane
from acutance.measure._reading import Reading
from acutance.measure._spectra_measure import Found, SpectraMeasure
from acutance.stats import f_tail

__all__ = ["MEASURE", "SpectrumTest"]

Floats = NDArray[np.float64]

_ROUNDING: Final = 1.0 / (12.0 * 255.0**2)
"""Variance of rounding to 8 bits, which an image without detail in a band is taken to have."""
_DB: Final = 10.0 / math.log(10.0)


@final
class SpectrumTest(SpectraMeasure[Found], PopulationMeasure):
    """Log powers per octave and direction of single images, their means compared between the two populations.

    `spectrum_test_p` is the probability of a difference as large between two sets from one population: Hotelling's test
    for means with unequal covariances. It becomes small for any difference if there are enough images;
    `spectrum_gap_db` says how large the difference is: root mean square over the bands, in dB, chance subtracted. Its
    interval holds every size that would give a difference like this one (T19).

    The spectra are those of whole images, the mean image not removed. Phases play no part: noise with the right
    spectrum passes, see `gradient_kurtosis`.

    Args:
        channels: `luma` (default) or `each`, see `Channels`.
        window: `auto`, `hann` or `none`, see `SpectraMeasure`.

    References:
        Krishnamoorthy and Yu 2004 (degrees of freedom); T2.
    """

    @torch.no_grad()
    def update(self, *, real: Tensor | None = None, fake: Tensor | None = None) -> None:
        """See a batch of either population or of both; their sizes may differ.

        Raises:
            MeasureError: a batch is not (N, C, H, W) float in [0, 1], sizes differ, or a side is below 8 px.
        """
        for role, images in check_sides(real, fake):
            for way in self.ways(images, references=role == "real"):
                way._add(role, images)

    def _add(self, role: Role, images: Tensor) -> None:
        logs = self._logs(self.expect(images), images)
        self.sums.add(f"{role}.count", torch.tensor(len(logs)))
        self.sums.add(role, logs.sum(0))
        self.sums.add(f"{role}.square", logs.T @ logs)

    def _logs(self, plane: Plane, images: Tensor) -> Tensor:
        """Log power of each image per octave and direction, with that of rounding added."""
        rings = len(plane.rings)
        rounding = len(self.planes()) * plane.height * plane.width * _ROUNDING * plane.bins[rings:]
        return (rounding + powers_of(Batch(plane, images, self.channels, self.work))[:, rings:]).log()

    def one_way(self) -> Found:
        """The two readings.

        Raises:
            NoDataError: a population is empty.
            MeasureError: it has one image.
        """
        for role in ROLES:
            n = self._count(role)
            if n == 0:
                raise NoDataError(f"spectrum test was asked for before any {role} image was seen; update {role}=")
            if n < 2:
                raise MeasureError(f"spectrum test needs at least 2 {role} images, got {n}; give more")
        n = min(self._count(role) for role in ROLES)
        difference = self._mean("fake") - self._mean("real")
        spreads = [self._spread(role) for role in ROLES]
        p = hotelling(difference, spreads, [self._count(role) - 1 for role in ROLES])
        return _Readings((self._p_value(p, n), self._gap(difference, spreads[0] + spreads[1], n)))

    def _count(self, role: str) -> int:
        return int(self.sums[f"{role}.count"]) if role in self.sums else 0

    def _mean(self, role: str) -> Floats:
        return np.asarray(self.sums[role].numpy() / self._count(role))

    def _spread(self, role: str) -> Floats:
        """Covariance of the mean."""
        n, mean = self._count(role), self._mean(role)
        return np.asarray((self.sums[f"{role}.square"].numpy() - n * np.outer(mean, mean)) / (n - 1) / n)

    def _p_value(self, p: float, n: int) -> Reading:
        unusable = ("too few images, or images too much alike, for a test of so many bands",) if math.isnan(p) else ()
        preconditions = (*few_images(n), *unusable, "a p-value has no interval")
        return Reading(
            name="spectrum_test_p", value=p, unit="probability", better="none", n=n, preconditions=preconditions
        )

    def _gap(self, difference: Floats, spread: Floats, n: int) -> Reading:
        squares = float(difference @ difference - np.trace(spread)), *length_interval(difference, spread)
        value, low, high = (_DB * math.sqrt(max(0.0, square) / len(difference)) for square in squares)
        return Reading(
            name="spectrum_gap_db",
            value=value,
            unit="dB",
            better="lower",
            n=n,
            low=min(low, value),
            high=max(high, value),
            preconditions=few_images(n),
        )


class _Readings:
    """Readings and nothing else."""

    def __init__(self, readings: tuple[Reading, ...]) -> None:
        self.readings = readings


def hotelling(difference: Floats, spreads: list[Floats], degrees: list[int]) -> float:
    """P value of a difference of two mean vectors whose covariances are `spreads`, from samples of degrees + 1.

    NaN where the covariances have no full rank or there are too few degrees of freedom.

    References:
        Krishnamoorthy and Yu 2004.
    """
    k, both = len(difference), np.asarray(sum(spreads))
    scale = np.sqrt(np.maximum(np.diag(both), 1e-300))
    if sum(degrees) < k or np.linalg.matrix_rank(both / np.outer(scale, scale), tol=1e-9) < k:
        return math.nan
    square = float(difference @ np.linalg.solve(both, difference))
    parts = [np.linalg.solve(both, spread) for spread in spreads]
    weight = sum((np.trace(a @ a) + np.trace(a) ** 2) / m for a, m in zip(parts, degrees, strict=True))
    freedom = float((k + k**2) / weight)
    left = freedom - k + 1.0
    return f_tail(square * left / (freedom * k), k, left) if left > 0.0 else math.nan


def length_interval(difference: Floats, spread: Floats) -> tuple[float, float]:
    """95 % interval of the squared length of a mean vector, seen with an error of known covariance (T19).

    Args:
        difference: (k,) what was seen.
        spread: (k, k) covariance of its error.

    References:
        Patnaik 1949 (two moments); T19.
    """
    variance, axes = np.linalg.eigh(spread)
    if variance[-1] <= 0.0:
        return (float(difference @ difference),) * 2
    variance, along = np.maximum(variance, 1e-12 * variance[-1]), axes.T @ difference
    share = variance / variance[-1]
    pull = np.geomspace(1e-3 * share[0], 1e3, 4000)[:, None]
    means = np.concatenate([0.0 * along[None], along / (1.0 - share + share / pull)])
    length = np.square(means).sum(1)
    expected = length + variance.sum()
    half_spread = np.square(variance).sum() + 2.0 * np.square(means) @ variance
    shape = expected**2 / (2.0 * half_spread)
    seen = shape * float(difference @ difference) / expected
    below = torch.special.gammainc(torch.from_numpy(shape), torch.from_numpy(seen)).numpy()
    low, high = np.interp([-0.975, -0.025], -below, length)
    return float(low), float(high)


MEASURE = SpectrumTest
