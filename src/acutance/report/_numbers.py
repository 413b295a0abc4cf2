"""Numbers as people read them, and as JSON can hold them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = [
    "MISSING",
    "css_percent",
    "decibel_text",
    "finite",
    "interval_text",
    "is_number",
    "jsonable",
    "number_text",
    "percent_text",
    "time_text",
    "whole_percent",
]

MISSING = "–"  # noqa: RUF001 - an en dash is meant
_MINUS = "\u2212"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_number(value: object) -> bool:
    """True for a finite number; False for NaN, infinity, None and everything that is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return False
    return math.isfinite(value)


def finite(value: float | None, fallback: float = 0.0) -> float:
    """`value`, or `fallback` where it is missing or not finite."""
    return float(value) if value is not None and math.isfinite(value) else fallback


def number_text(value: float | None) -> str:
    """A number with about three significant digits; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return MISSING
    size = abs(value)
    if size != 0 and size < 0.0005:
        digits, power = f"{value:.1e}".split("e")
        text = f"{digits}×10" + str(int(power)).translate(_RAISED)  # noqa: RUF001
    elif size >= 100 or (size >= 10 and float(value).is_integer()):
        text = f"{value:,.0f}"
    elif size >= 10:
        text = f"{value:.1f}"
    else:
        text = f"{value:.2f}" if size >= 1 else f"{value:.3f}"
    return text.replace("-", _MINUS)


def interval_text(low: float, high: float) -> str:
    """A 95 % interval as "low to high"; empty where none can be stated."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"{number_text(low)} to {number_text(high)}"


def percent_text(share: float | None) -> str:
    """A share in [0, 1] (or above) as a whole percentage."""
    if share is None or not math.isfinite(share):
        return MISSING
    return f"{whole_percent(share):,}\u00a0%".replace("-", _MINUS)


def decibel_text(db: float) -> str:
    """Decibels with one decimal and a sign; a dash where there are none."""
    if not math.isfinite(db):
        return MISSING
    text = f"{db:+.1f}"
    return ("0" if float(text) == 0 else text).replace("-", _MINUS)


def css_percent(share: float) -> str:
    """A share as a width in a style sheet, within 0 and 100 %."""
    return f"{100 * min(max(finite(share), 0.0), 1.0):.1f}%"


def whole_percent(share: float) -> int:
    """A share in percent, halves rounded up."""
    return math.floor(100 * share + 0.5 + 1e-9)


def time_text(seconds: float) -> str:
    """A duration in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def jsonable(value: Any) -> Any:
    """`value` with everything that JSON cannot hold replaced: not-finite numbers become null, the rest its text."""
    if isinstance(value, dict):
        return {str(key): jsonable(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return jsonable(value.tolist())
    if isinstance(value, np.generic):
        return jsonable(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
