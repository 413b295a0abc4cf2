"""A reading: a number that carries all it takes to trust it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from acutance.errors import MeasureError

__all__ = ["Better", "Reading"]

Better = Literal["higher", "lower", "one", "none"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One measured number.

    Attributes:
        name: the fixed name, e.g. `mtf50`.
        value: the number, in `unit`.
        unit: `cycles/px`, `px`, `dB`, `ratio`, ...
        better: in which direction it improves; `one` for ratios whose ideal is 1, `none` where it depends.
        n: how many images it was made from.
        low: lower end of the 95 % interval (NaN where none can be stated; then a precondition says why).
        high: upper end of the 95 % interval.
        version: raised whenever the same images would give another number.
        preconditions: each violated precondition, in words, to be shown beside the number.
    """

    name: str
    value: float
    unit: str
    better: Better
    n: int
    low: float = math.nan
    high: float = math.nan
    version: int = 1
    preconditions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.n < 1:
            raise MeasureError(f"a reading of {self.name!r} needs at least one image, got n = {self.n}")

    def __str__(self) -> str:
        """On one line: name, value, interval, unit, n, and each violated precondition.

        Example:
            >>> print(Reading(name="psnr", value=21.234, unit="dB", better="higher", n=300, low=21.0, high=21.5))
            psnr 21.23 (21 to 21.5) dB, n = 300
        """
        interval = f" ({self.low:.4g} to {self.high:.4g})" if math.isfinite(self.low + self.high) else ""
        told = [f"{self.name} {self.value:.4g}{interval} {self.unit}, n = {self.n:,}", *self.preconditions]
        return "; but ".join(told)

    def to_json(self) -> dict[str, Any]:
        """The reading as it stands in diagnosis.json; what is not a finite number becomes null."""
        return {
            "name": self.name,
            "value": _number(self.value),
            "unit": self.unit,
            "better": self.better,
            "n": self.n,
            "low": _number(self.low),
            "high": _number(self.high),
            "version": self.version,
            "preconditions": list(self.preconditions),
        }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
