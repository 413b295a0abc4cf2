"""What is known of one octave of spatial frequency."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["BAND_FIELDS", "Band", "Curve"]

BAND_FIELDS = ("gain", "detail_ratio", "coherence", "explained", "averaging_slope")

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Band:
    """One octave, low <= f < high in cycles/pixel (T2, T4).

    `values` maps each of BAND_FIELDS to its value (a generator's band has `detail_ratio` alone), `intervals` to its
    95 % interval.
    """

    low: float
    high: float
    values: dict[str, float]
    intervals: dict[str, Interval]

    def to_json(self) -> dict[str, Any]:
        """The band as it stands in diagnosis.json; what is not a finite number becomes null."""
        interval = {name: [_number(end) for end in ends] for name, ends in self.intervals.items()}
        values = {name: _number(value) for name, value in self.values.items()}
        return {"low": self.low, "high": self.high, **values, "interval": interval}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A quantity along radial frequency, one point per ring, with its 95 % interval.

    Attributes:
        name: one of BAND_FIELDS, or `power_real`, `power_fake`; or `faithful_acutance`, `apparent_acutance`.
        frequency: ring centres in cycles/pixel, rising (viewing conditions in px/degree for the two acutances).
        value: the quantity at each.
        low: lower end of the 95 % interval at each.
        high: upper end of the 95 % interval at each.
    """

    name: str
    frequency: tuple[float, ...]
    value: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """The curve as it stands in measurement.json: `px_per_degree` in place of the frequency for the acutances."""
        along = "px_per_degree" if self.name.endswith("_acutance") else "frequency"
        columns = {along: self.frequency, "value": self.value, "low": self.low, "high": self.high}
        return {"name": self.name, **{name: [_number(v) for v in column] for name, column in columns.items()}}
