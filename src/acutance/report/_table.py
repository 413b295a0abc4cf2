"""The table of readings: one row a reading, one column a subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from acutance.diagnose._record import Comparison, SubjectRecord
from acutance.measure._reading import Better, Reading
from acutance.report._numbers import interval_text, number_text
from acutance.report._select import ends, finest, paired, prior, value
from acutance.report._words import ARROWS, GROUPS, Term, rank, term

__all__ = ["Cell", "Group", "Row", "table"]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One number as shown; `value` is empty where nothing was measured."""

    value: str = ""
    interval: str = ""
    n: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One reading of all subjects."""

    name: str
    term: Term
    unit: str
    arrow: str
    better: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


def table(comparison: Comparison) -> tuple[Group, ...]:
    """All readings of all subjects, grouped; groups without a row are left out.

    The detail ratio of samples has a row of its own, so that it never stands beside that of reconstructions.

    Args:
        comparison: one or more subjects.
    """
    names = {reading.name for subject in comparison.subjects for reading in subject.readings}
    names |= {name for name, cell in _OWN.items() if any(cell(s).value for s in comparison.subjects)}
    rows = (_row(name, comparison) for name in sorted(names, key=rank))
    shown = [row for row in rows if any(cell.value for cell in row.cells)]
    groups = (Group(title=title, rows=tuple(r for r in shown if r.term.group == title)) for title in GROUPS)
    return tuple(group for group in groups if group.rows)


def _row(name: str, comparison: Comparison) -> Row:
    found = (subject.reading(name) for subject in comparison.subjects)
    first = next((reading for reading in found if reading is not None), None)
    arrow, better = ARROWS[first.better if first else _BETTER.get(name, "none")]
    unit = first.unit if first and first.unit not in ("ratio", "1") else ""
    cells = tuple(_OWN[name](s) if name in _OWN else _cell(s.reading(name)) for s in comparison.subjects)
    return Row(name=name, term=term(name), unit=unit, arrow=arrow, better=better, cells=cells)


def _cell(reading: Reading | None) -> Cell:
    if reading is None:
        return Cell()
    return Cell(
        value=number_text(reading.value),
        interval=interval_text(reading.low, reading.high),
        n=f"n = {reading.n:,}",
        notes=reading.preconditions,
    )


def _of_reconstructions(subject: SubjectRecord) -> Cell:
    return _cell(subject.reading(_SHARPNESS)) if paired(subject) or not prior(subject) else Cell()


def _of_samples(subject: SubjectRecord) -> Cell:
    reading, band = subject.reading(_OF_SAMPLES), finest(prior(subject))
    if reading is None and not paired(subject) and prior(subject):
        reading = subject.reading(_SHARPNESS)
    if reading is not None or band is None:
        return _cell(reading)
    around = ends(band, "detail_ratio")
    return Cell(value=number_text(value(band, "detail_ratio")), interval=interval_text(*around) if around else "")


def _response(subject: SubjectRecord) -> Cell:
    reading, response = subject.reading("response_index"), subject.response
    if response is None:
        return _cell(reading)
    count = f" · n = {reading.n:,}" if reading is not None else ""
    interval = interval_text(response.low, response.high)
    notes = reading.preconditions if reading is not None else ()
    return Cell(value=number_text(response.index), interval=interval, n=response.verdict + count, notes=notes)


_SHARPNESS = "detail_ratio_top_octave"
_OF_SAMPLES = "samples_detail_ratio_top_octave"
_BETTER: dict[str, Better] = {_OF_SAMPLES: "one"}
_OWN: dict[str, Callable[[SubjectRecord], Cell]] = {
    _SHARPNESS: _of_reconstructions,
    _OF_SAMPLES: _of_samples,
    "response_index": _response,
}
