"""From a gain curve to single numbers: MTF50, MTF50P, blur-equivalent sigma, acutance.

Every function takes the gain along its last axis and works on any number of leading axes at once, so that a bootstrap
is one call.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["PX_PER_DEGREE", "VIEWING", "acutance", "blur_sigma", "contrast_sensitivity", "crossing", "mtf_area"]

Floats = NDArray[np.float64]

PX_PER_DEGREE: Final = 30.0
"""The stated viewing condition: 30 px a degree, a 96 dpi screen seen from 45 cm."""

VIEWING: Final = (10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0)
"""Viewing conditions of the acutance curve, in px/degree: 10 is a picture held close or enlarged, 90 a phone."""

_NYQUIST: Final = 0.5


def crossing(frequency: Floats, gain: Floats, level: Floats | float) -> Floats:
    """Frequency at which the gain first falls below `level`; Nyquist (.5) where it never does.

    The gain starts from 1 at frequency 0 and is linear between points. NaN where the gain is NaN.

    Args:
        frequency: (R,) rising, cycles/px.
        gain: (..., R).
        level: one level, or (...) a level each.
    """
    f = np.r_[0.0, frequency]
    g = np.concatenate([np.ones((*gain.shape[:-1], 1)), gain], axis=-1)
    below = g < np.asarray(level)[..., None]
    at = np.maximum(below.argmax(axis=-1), 1)[..., None]
    g0, g1 = (np.take_along_axis(g, at - k, axis=-1)[..., 0] for k in (1, 0))
    f0, f1 = f[at - 1][..., 0], f[at][..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = f0 + (f1 - f0) * np.clip((g0 - level) / (g0 - g1), 0.0, 1.0)
    found = np.where(below.any(axis=-1), found, _NYQUIST)
    return np.where(np.isnan(gain).any(axis=-1), np.nan, found)


def mtf_area(frequency: Floats, gain: Floats) -> Floats:
    """Area under the gain up to Nyquist over that of a perfect system (normalised MTF area); 1 is perfect."""
    f = np.r_[0.0, frequency]
    g = np.concatenate([np.ones((*gain.shape[:-1], 1)), gain], axis=-1)
    return np.asarray(np.trapezoid(g, f, axis=-1) / f[-1])


def blur_sigma(frequency: Floats, gain: Floats, weight: Floats, largest: float) -> Floats:
    """Sigma in px of the Gaussian blur whose gain exp(-2 pi^2 s^2 f^2) is nearest to the measured one (O4).

    Least squares in the gain itself, weighted; a grid, then golden sections. 0 where the gain exceeds 1 on balance.

    Args:
        frequency: (R,) cycles/px.
        gain: (..., R).
        weight: (..., R) weights >= 0.
        largest: largest sigma to consider, in px.
    """
    square = 2 * math.pi**2 * frequency**2

    def misfit(sigma: Floats) -> Floats:
        model = np.exp(-square * sigma[..., None] ** 2)
        return np.asarray((weight * (gain - model) ** 2).sum(axis=-1))

    grid = np.r_[0.0, np.geomspace(0.02, largest, 96)]
    costs = np.stack([misfit(np.full(gain.shape[:-1], s)) for s in grid])
    best = costs.argmin(axis=0)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, len(grid) - 1)]
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(32):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        take = misfit(left) < misfit(right)
        low, high = np.where(take, low, left), np.where(take, right, high)
    return np.where(np.isnan(gain).any(axis=-1), np.nan, (low + high) / 2)


def contrast_sensitivity(cycles_per_degree: Floats) -> Floats:
    """Contrast sensitivity 75 v^.8 exp(-.2 v) / 34.05 of a viewer at v cycles/degree (IEEE 1858, CPIQ)."""
    v = cycles_per_degree
    return np.asarray(75.0 * v**0.8 * np.exp(-0.2 * v) / 34.05)


def acutance(frequency: Floats, gain: Floats, px_per_degree: float = PX_PER_DEGREE) -> Floats:
    """Gain averaged over what a viewer sees, up to Nyquist: 1 for a perfect system (CPIQ acutance).

    Args:
        frequency: (R,) cycles/px.
        gain: (..., R); the model's gain for faithful acutance, the root of the detail ratio for apparent acutance.
        px_per_degree: how many pixels one degree of sight holds.
    """
    f = np.r_[0.0, frequency]
    seen = np.r_[0.0, contrast_sensitivity(frequency * px_per_degree)]
    g = np.concatenate([np.ones((*gain.shape[:-1], 1)), gain], axis=-1)
    return np.asarray(np.trapezoid(g * seen, f, axis=-1) / np.trapezoid(seen, f))


def ratio(a: Any, b: Any) -> Floats:
    """a / b, NaN where b is not positive."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b > 0, a / b, np.nan)
