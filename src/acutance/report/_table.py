"""The table of readings: one row a reading, one column a subject."""

from __future__ import annotations

from dataclasses import dataclass

from acutance.diagnose._record import Comparison, SubjectRecord
from acutance.measure._reading import Reading
from acutance.report._numbers import interval_text, number_text
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

    Args:
        comparison: one or more subjects.
    """
    names = {reading.name for subject in comparison.subjects for reading in subject.readings}
    rows = [_row(name, comparison) for name in names]
    if any(subject.response is not None for subject in comparison.subjects):
        rows.append(_response(comparison))
    rows.sort(key=lambda row: rank(row.name))
    groups = (Group(title=title, rows=tuple(r for r in rows if r.term.group == title)) for title in GROUPS)
    return tuple(group for group in groups if group.rows)


def _row(name: str, comparison: Comparison) -> Row:
    readings = [subject.reading(name) for subject in comparison.subjects]
    first = next(reading for reading in readings if reading is not None)
    arrow, better = ARROWS[first.better]
    unit = "" if first.unit in ("ratio", "1", "") else first.unit
    cells = tuple(_cell(reading) for reading in readings)
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


def _response(comparison: Comparison) -> Row:
    arrow, better = ARROWS["none"]
    cells = tuple(_response_cell(subject) for subject in comparison.subjects)
    return Row(name="response_index", term=term("response_index"), unit="", arrow=arrow, better=better, cells=cells)


def _response_cell(subject: SubjectRecord) -> Cell:
    if subject.response is None:
        return Cell()
    response = subject.response
    return Cell(
        value=number_text(response.index), interval=interval_text(response.low, response.high), n=response.verdict
    )
