"""From data to pixels: scales and their ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Linear", "Octaves", "span"]


@dataclass(frozen=True)
class Linear:
    """A straight map from [low, high] to [start, end] pixels; what lies outside is drawn at the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, about: int = 5) -> list[float]:
        """Round values, about this many, inside the range."""
        rough = (self.high - self.low) / max(about, 1)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(k * step, 12) for k in range(first, last + 1)]


@dataclass(frozen=True)
class Octaves:
    """A logarithmic map of frequency, in which every octave is equally wide."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a frequency above 0."""
        inside = min(max(value, self.low), self.high)
        share = math.log2(inside / self.low) / math.log2(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """The powers of two inside the range."""
        first, last = math.ceil(math.log2(self.low) - 1e-9), math.floor(math.log2(self.high) + 1e-9)
        return [2.0**k for k in range(first, last + 1)]


def span(values: Iterable[float], *, least: float, most: float) -> float:
    """The upper end of an axis from 0 that holds all finite values with a margin, within [least, most]."""
    top = max((v for v in values if math.isfinite(v)), default=least)
    return min(max(least, top * 1.06), most)
