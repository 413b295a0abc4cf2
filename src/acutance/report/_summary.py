"""The comparison as a small Markdown table for a terminal."""

from __future__ import annotations

import math
from unicodedata import category

from acutance.diagnose._record import Comparison, SubjectRecord
from acutance.report._numbers import MISSING, number_text
from acutance.report._select import finest, paired, prior, value

__all__ = ["summary_table"]

_HEADS = (
    "subject",
    "detail ratio",
    "coherence",
    "averaging slope",
    "PSNR",
    "samples: detail ratio",
    "coverage",
    "parameters",
)


def summary_table(comparison: Comparison) -> str:
    """The answer and the main numbers, one line a subject, as plain Markdown.

    Detail ratio and coherence are those of the finest octave. A dash means that it was not measured.

    Args:
        comparison: one or more subjects.

    Returns:
        Text that ends with a line break.
    """
    rows = [_HEADS, *(_cells(subject) for subject in comparison.subjects)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(_HEADS))]
    lines = [_line(row, widths) for row in rows]
    rule = ["-" * width + (":" if k else "-") for k, width in enumerate(widths)]
    lines.insert(1, "|" + "|".join("-" + dashes for dashes in rule) + "|")
    return f"{_plain(comparison.answer)}\n\n" + "\n".join(lines) + "\n"


def _cells(subject: SubjectRecord) -> tuple[str, ...]:
    band, drawn = finest(paired(subject)), finest(prior(subject))
    numbers = (
        value(band, "detail_ratio") if band else math.nan,
        value(band, "coherence") if band else math.nan,
        _reading(subject, "averaging_slope"),
        _reading(subject, "psnr"),
        value(drawn, "detail_ratio") if drawn else math.nan,
        _reading(subject, "coverage"),
    )
    shown = (number_text(x) if math.isfinite(x) else MISSING for x in numbers)
    return (
        _plain(subject.name).replace("|", "\\|"),
        *shown,
        MISSING if subject.parameters is None else f"{subject.parameters:,}",
    )


def _reading(subject: SubjectRecord, name: str) -> float:
    reading = subject.reading(name)
    return reading.value if reading is not None else math.nan


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = (cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in enumerate(zip(cells, widths, strict=True)))
    return "| " + " | ".join(padded) + " |"


def _plain(words: str) -> str:
    """One line without control characters, which could move a terminal's cursor."""
    kept = "".join(c if category(c)[0] != "C" else " " for c in words)
    return " ".join(kept.split())
