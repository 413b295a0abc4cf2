"""Readings, bands and causes as tables for a terminal, each number with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.table import Table

from acutance.diagnose import Diagnosis
from acutance.measure import BAND_FIELDS, Band, Reading
from acutance.report import cause_words, verdict_shown

__all__ = ["band_table", "location_table", "notes", "number", "reading_table", "samples_table"]

_BETTER = {"higher": "higher", "lower": "lower", "one": "1", "none": ""}
_WIDE = 108


def reading_table(readings: Sequence[Reading], width: int) -> Table:
    """One line a reading; a star sends to the notes.

    Args:
        readings: in this order.
        width: of what shows them, in letters; where it is small, n and the better direction are left to the JSON.
    """
    wide = width >= _WIDE
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("reading", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=wide, overflow="fold")
    if wide:
        table.add_column("better", style="dim", no_wrap=True)
        table.add_column("n", style="dim", justify="right", no_wrap=True)
    for reading in readings:
        star = " *" if reading.preconditions else ""
        interval = _interval(reading.low, reading.high)
        more = (_BETTER[reading.better], f"{reading.n:,}") if wide else ()
        table.add_row(reading.name + star, number(reading.value), interval, reading.unit, *more)
    return table


def band_table(bands: Sequence[Band], floor: Sequence[Band] = ()) -> Table:
    """One line an octave, low to high; beside it, where there is one, the detail ratio of real images to others."""
    present = [name for name in BAND_FIELDS if any(name in band.values for band in bands)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("cycles/px", no_wrap=True)
    for name in present:
        table.add_column(name.replace("_", " "), justify="right")
    if floor:
        table.add_column("real to real", justify="right")
    for k, band in enumerate(bands):
        cells = [*(_cell(band, name) for name in present), *(_cell(half, "detail_ratio") for half in floor[k : k + 1])]
        table.add_row(f"{band.low:.3f} to {band.high:.3f}", *cells)
    return table


def location_table(found: Diagnosis) -> Table:
    """Where the detail was lost, one line a location, the largest share first."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("lost to", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("name in the JSON", style="dim", no_wrap=True)
    for one in found.locations:
        ends = f"{100 * one.low:.0f} to {100 * one.high:.0f} %" if math.isfinite(one.low + one.high) else "-"
        bold = "bold" if one.verdict == "present" else None
        title = cause_words(one.location).title
        table.add_row(title, f"{100 * one.share:.0f} %", ends, verdict_shown(one.verdict), one.location, style=bold)
    return table


def samples_table(found: Diagnosis) -> Table:
    """What is wrong with samples alone, one line a cause."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("samples", no_wrap=True)
    table.add_column("effect", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("name in the JSON", style="dim", no_wrap=True)
    for one in found.samples:
        ends = f"{one.low:.1f} to {one.high:.1f} dB" if math.isfinite(one.low + one.high) else "-"
        effect = f"{one.effect_db:.1f} dB" if math.isfinite(one.effect_db) else "-"
        table.add_row(cause_words(one.cause).title, effect, ends, verdict_shown(one.verdict), one.cause)
    return table


def notes(readings: Sequence[Reading]) -> list[str]:
    """Every precondition that does not hold, and the readings it touches."""
    touched: dict[str, list[str]] = {}
    for reading in readings:
        for words in reading.preconditions:
            touched.setdefault(words, []).append(reading.name)
    everywhere = len(readings)
    return [
        f"* {words} ({'all readings' if len(names) == everywhere else ', '.join(names)})"
        for words, names in touched.items()
    ]


def number(value: float) -> str:
    """Four figures that matter; a dash for what is not a number.

    Example:
        >>> number(0.123456), number(1234.5), number(float("nan"))
        ('0.1235', '1234', '-')
    """
    if not math.isfinite(value):
        return "-" if math.isnan(value) else "infinite"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _interval(low: float, high: float) -> str:
    return "-" if math.isnan(low) or math.isnan(high) else f"{number(low)} to {number(high)}"


def _cell(band: Band, name: str) -> str:
    value = band.values.get(name, math.nan)
    low, high = band.intervals.get(name, (math.nan, math.nan))
    shown = f"{value:.3f}" if math.isfinite(value) else "-"
    return f"{shown}\n{low:.2f} to {high:.2f}" if math.isfinite(low) and math.isfinite(high) else shown
