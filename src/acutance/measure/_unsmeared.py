"""What a window and the width of a ring do to ratios of powers along rings, and how it is taken back (T18)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from acutance.measure._plane import Plane
from acutance.measure._spectral import Spectrum, pair_values

__all__ = ["ring_values", "unsmeared"]

Floats = NDArray[np.float64]

_HANN_VARIANCE: Final = 1.0 / 3.0
"""Of the power that a Hann window spreads over neighbouring frequencies, along each axis, in bins squared."""

_STEP: Final = 2
"""Rings between which slopes are taken: curvature barely changes over so many, and single rings are noisy."""


def ring_values(s: Spectrum, plane: Plane) -> dict[str, Floats]:
    """`pair_values` along rings; under a window those of the frequency at which a ring stands (T2, T18).

    `H^2 <= y` is kept: where the correction of the detail ratio falls below, the coherence is 1.
    """
    seen = pair_values(s)
    if not plane.windowed:
        return seen
    power = s.xx[0] / plane.bins_per_ring.numpy()
    gain = unsmeared(seen["gain"], power, plane)
    detail = np.maximum(unsmeared(seen["detail_ratio"], power, plane), np.square(gain))
    there = s.rr > 0
    return pair_values(Spectrum(np.where(s.xx > 0, 1.0, 0.0), np.where(there, detail, 0.0), np.where(there, gain, 0.0)))


def unsmeared(values: Floats, power: Floats, plane: Plane) -> Floats:
    """Ratios to a power, at the frequencies of the rings, from ratios of powers that a window and a ring have mixed.

    Without a window they are left as they are: the width of a ring alone counts for less than its single bins' noise.
    What is mixed has its mean at another frequency, where the power is steep, and the mean of a curve is not the curve
    at the mean. Both are taken off to second order, with the slopes of the measured ratio itself.

    Args:
        values: (rows, R) ratios along rings.
        power: (R,) the power that they are ratios to, per bin.
        plane: the frequency plane.
    """
    if not plane.windowed:
        return values
    f, ring = plane.rings.numpy(), plane.ring_variance.numpy()
    window = _HANN_VARIANCE * (plane.height**-2.0 + plane.width**-2.0) / 2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        steepness = _steepness(np.log(power), f)
        first, second = _slopes(values, f)
        smear = (window + ring) * (first * steepness + 0.5 * second) + 0.5 * window * first / f
    return np.asarray(values - np.where(np.isfinite(smear), smear, 0.0))


def _steepness(logs: Floats, f: Floats) -> Floats:
    at = np.arange(len(f))
    before, after = np.maximum(at - _STEP, 0), np.minimum(at + _STEP, len(f) - 1)
    return np.asarray((logs[after] - logs[before]) / (f[after] - f[before]))


def _slopes(values: Floats, f: Floats) -> tuple[Floats, Floats]:
    """First and second derivative along the last axis; even about frequency 0, straight on beyond the last ring."""
    beyond = np.arange(1, _STEP + 1)
    at_zero = values[:, :1] - f[0] ** 2 / (f[1] ** 2 - f[0] ** 2) * (values[:, 1:2] - values[:, :1])
    after = values[:, -1:] + beyond * (values[:, -1:] - values[:, -2:-1])
    values = np.concatenate([values[:, :1], at_zero, values, after], axis=1)
    f = np.concatenate([[-f[0], 0.0], f, f[-1] + beyond * (f[-1] - f[-2])])
    left, here, right = values[:, : -2 * _STEP], values[:, _STEP:-_STEP], values[:, 2 * _STEP :]
    down, up = f[_STEP:-_STEP] - f[: -2 * _STEP], f[2 * _STEP :] - f[_STEP:-_STEP]
    fall, rise = (here - left) / down, (right - here) / up
    return (fall * up + rise * down) / (down + up), 2.0 * (rise - fall) / (down + up)
