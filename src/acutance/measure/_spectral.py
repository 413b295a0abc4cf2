"""The three numbers per band and what follows from them (T2, T4), for the data and every replicate at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acutance.measure._bands import Band, Curve
from acutance.measure._sharpness import ratio
from acutance.stats import percentile_interval

__all__ = ["Spectrum", "make_bands", "make_curves", "pair_values"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spectrum:
    """Powers S_xx, S_rr, S_xr per cell: row 0 the data as they are, the other rows the bootstrap replicates."""

    xx: Floats
    rr: Floats
    xr: Floats

    def part(self, start: int, stop: int) -> Spectrum:
        """The cells start ... stop - 1."""
        return Spectrum(self.xx[:, start:stop], self.rr[:, start:stop], self.xr[:, start:stop])

    def summed(self, group: int) -> Spectrum:
        """Every `group` neighbouring cells added."""
        shape = (len(self.xx), -1, group)
        return Spectrum(*(s.reshape(shape).sum(-1) for s in (self.xx, self.rr, self.xr)))

    def every(self, start: int, step: int) -> Spectrum:
        """Each step-th cell from `start`."""
        return Spectrum(self.xx[:, start::step], self.rr[:, start::step], self.xr[:, start::step])


def pair_values(s: Spectrum) -> dict[str, Floats]:
    """Gain H, detail ratio y, coherence q, explained e, averaging slope b per cell (T2, T4).

    H = S_xr / S_xx, y = S_rr / S_xx, q = S_xr^2 / (S_xx S_rr) so that H^2 = q y, e = 2 H - y, b = S_xr / S_rr. Without
    output power q is 0 (nothing came through) and b is NaN; without real power all are NaN.
    """
    gain, detail, slope = ratio(s.xr, s.xx), ratio(s.rr, s.xx), ratio(s.xr, s.rr)
    coherence = np.where(s.rr > 0, gain * slope, np.where(s.xx > 0, 0.0, np.nan))
    return {
        "gain": gain,
        "detail_ratio": detail,
        "coherence": coherence,
        "explained": 2.0 * gain - detail,
        "averaging_slope": slope,
    }


def make_bands(octaves: tuple[tuple[float, float], ...], values: dict[str, Floats], n: float) -> tuple[Band, ...]:
    """Bands from rows of values: row 0 the value, the other rows its replicates."""
    ends = {name: percentile_interval(rows[1:], n) for name, rows in values.items()}
    return tuple(
        Band(
            low=low,
            high=high,
            values={name: float(rows[0, k]) for name, rows in values.items()},
            intervals={name: (float(lows[k]), float(highs[k])) for name, (lows, highs) in ends.items()},
        )
        for k, (low, high) in enumerate(octaves)
    )


def make_curves(frequency: Floats, values: dict[str, Floats], n: float) -> tuple[Curve, ...]:
    """Curves from rows of values: row 0 the value, the other rows its replicates."""
    return tuple(_curve(name, frequency, rows, n) for name, rows in values.items())


def _curve(name: str, frequency: Floats, rows: Floats, n: float) -> Curve:
    low, high = percentile_interval(rows[1:], n)
    points = (tuple(float(v) for v in array) for array in (frequency, rows[0], low, high))
    return Curve(name=name, frequency=next(points), value=next(points), low=next(points), high=next(points))
