"""The sharpness-diversity plane (S12): how crisp the samples are against how much of the real variety they cover."""

from __future__ import annotations

import math

from markupsafe import Markup

from acutance.diagnose._record import Comparison, SubjectRecord
from acutance.measure._bands import Band
from acutance.measure._reading import Reading
from acutance.report._numbers import interval_text, number_text
from acutance.report._select import ends, finest, prior, value
from acutance.report.figures._frame import figure, point, x_axis, y_axis
from acutance.report.figures._labels import Board, Box, label
from acutance.report.figures._marks import css, mark
from acutance.report.figures._scale import Linear, span
from acutance.report.figures._svg import label_text, line, text

__all__ = ["plane", "unplaced"]

_SIZE = (430.0, 372.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 422.0, 34.0, 320.0
_RADIUS, _FONT = 8.0, 13.0


def plane(comparison: Comparison) -> Markup:
    """Draw one point for each subject that has both numbers of its samples.

    Args:
        comparison: one or more subjects; x is the reading `coverage`, y the finest octave's detail ratio.

    Returns:
        An SVG element.

    Source: S12; coverage after Naeem et al. (2020).
    """
    rows = [
        (i, s, c, b)
        for i, s in enumerate(comparison.subjects)
        for c, b in [_both(s)]
        if c is not None and b is not None
    ]
    tops = [v for _, _, _, b in rows for v in (value(b, "detail_ratio"), (ends(b, "detail_ratio") or (0, 0))[1])]
    x = Linear(0.0, 1.04, _LEFT, _RIGHT)
    y = Linear(0.0, span(tops, least=1.2, most=2.0), _BOTTOM, _TOP)
    return figure(
        "sharp-and-varied",
        _SIZE,
        "Sharpness and diversity of samples",
        _describe(rows),
        *_axes(x, y),
        *_points(rows, x, y),
    )


def unplaced(comparison: Comparison) -> list[str]:
    """The names of the subjects that the plane leaves out, because one of the two numbers was not measured."""
    return [s.name for s in comparison.subjects if None in _both(s)]


def _both(subject: SubjectRecord) -> tuple[Reading | None, Band | None]:
    coverage = subject.reading("coverage")
    if coverage is not None and not math.isfinite(coverage.value):
        coverage = None
    return coverage, finest(prior(subject))


_Row = tuple[int, SubjectRecord, Reading, Band]


def _describe(rows: list[_Row]) -> str:
    said = [f"{s.name}: coverage {c.value:.2f}, detail ratio {value(b, 'detail_ratio'):.2f}" for _, s, c, b in rows]
    return "Coverage across, detail ratio of samples in the finest octave upwards. " + (
        "; ".join(said) or "Nothing measured."
    )


def _axes(x: Linear, y: Linear) -> list[Markup]:
    return [
        *x_axis(x, _BOTTOM, _TOP, [(t, f"{t:g}") for t in (0, 0.25, 0.5, 0.75, 1)]),
        *y_axis(y, _LEFT, _RIGHT, [t for t in (0, 0.25, 0.5, 0.75, 1, 1.5, 2) if t <= y.high]),
        line(_LEFT, y(1), _RIGHT, y(1), "unity"),
        text(4, 18, "↑ detail ratio of samples", "title"),
        text(_RIGHT, _BOTTOM + 40, "coverage of the real variety →", "title", anchor="end"),
    ]


def _points(rows: list[_Row], x: Linear, y: Linear) -> list[Markup]:
    board = Board(Box(_LEFT + 3, _TOP, _RIGHT, _BOTTOM - 3))
    board.take_line(_LEFT, y(1), _RIGHT, y(1))
    spots = [(x(c.value), y(value(b, "detail_ratio"))) for _, _, c, b in rows]
    board.taken += [Box.around(a, b, _RADIUS + 3) for a, b in spots]
    crosses = [list(_cross(c, b, x, y)) for _, _, c, b in rows]
    for segment in (segment for cross in crosses for segment in cross):
        board.take_line(*segment, thick=2)
    parts = []
    for (i, subject, coverage, band), (a, b), cross in zip(rows, spots, crosses, strict=True):
        lines = [line(*segment, "cross") for segment in cross]
        parts.append(point(css(i), _words(subject, coverage, band), *lines, mark(i, a, b, _RADIUS)))
    for (i, subject, _, _), (a, b), cross in zip(rows, spots, crosses, strict=True):
        across = max([_RADIUS + 4, *(abs(end - a) for segment in cross for end in (segment[0], segment[2]))])
        words = label(subject.name, _FONT)
        spot = board.place(words, words.spots(a, b, across, _RADIUS + 4))
        parts += [label_text(words, spot, f"name {css(i)}")] if spot else []
    return parts


def _cross(coverage: Reading, band: Band, x: Linear, y: Linear) -> list[tuple[float, float, float, float]]:
    a, b = x(coverage.value), y(value(band, "detail_ratio"))
    lines = []
    if math.isfinite(coverage.low) and math.isfinite(coverage.high):
        lines.append((x(coverage.low), b, x(coverage.high), b))
    around = ends(band, "detail_ratio")
    if around:
        lines.append((a, y(around[0]), a, y(around[1])))
    return lines


def _words(subject: SubjectRecord, coverage: Reading, band: Band) -> str:
    covered, sharp = interval_text(coverage.low, coverage.high), ends(band, "detail_ratio")
    rows = [f"coverage {number_text(coverage.value)}" + (f" ({covered})" if covered else "")]
    rows.append(
        f"detail ratio {number_text(value(band, 'detail_ratio'))}" + (f" ({interval_text(*sharp)})" if sharp else "")
    )
    return "\n".join([f"{subject.name}, samples", *rows])
