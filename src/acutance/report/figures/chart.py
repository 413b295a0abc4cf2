"""A claim's one picture: points with intervals, lines, and what was to be expected."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from acutance.claims import Axis, Chart, Dot, Series
from acutance.report._numbers import interval_text, number_text
from acutance.report.figures._frame import figure, point, x_axis, y_axis
from acutance.report.figures._marks import css, mark
from acutance.report.figures._scale import Linear
from acutance.report.figures._svg import line, polyline, text

__all__ = ["chart"]

_SIZE = (460.0, 318.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 448.0, 30.0, 262.0
_RADIUS = 5.0


def chart(shown: Chart, name: str) -> Markup:
    """Draw a chart.

    Args:
        shown: what to draw; a point outside its axes is drawn at their edge.
        name: unique on a page.

    Returns:
        An SVG element.
    """
    x, y = Linear(shown.x.low, shown.x.high, _LEFT, _RIGHT), Linear(shown.y.low, shown.y.high, _BOTTOM, _TOP)
    return figure(
        name,
        _SIZE,
        shown.title,
        _described(shown),
        *x_axis(x, _BOTTOM, _TOP, _ticks(shown.x, x)),
        *y_axis(y, _LEFT, _RIGHT, y.ticks(5)),
        text(4, 16, f"↑ {shown.y.title}", "title"),
        *_level_title(shown.x),
        *_guides(shown, x, y),
        *(part for index, series in enumerate(shown.series) for part in _drawn(index, series, x, y)),
    )


def _level_title(axis: Axis) -> list[Markup]:
    return [text(_RIGHT, _BOTTOM + 42, f"{axis.title} →", "title", anchor="end")] if axis.title else []


def _ticks(axis: Axis, scale: Linear) -> list[tuple[float, str]]:
    return list(axis.names) or [(value, f"{value:g}") for value in scale.ticks(5)]


def _guides(shown: Chart, x: Linear, y: Linear) -> Iterator[Markup]:
    for guide in shown.guides:
        (x1, y1), (x2, y2) = guide.start, guide.end
        yield line(x(x1), y(y1), x(x2), y(y2), "unity")
        if guide.words:
            yield text(x(x2) - 4, y(y2) - 6, guide.words, "word", anchor="end")


def _drawn(index: int, series: Series, x: Linear, y: Linear) -> Iterator[Markup]:
    if series.drawn != "marks":
        track = polyline([(x(dot.x), y(dot.y)) for dot in series.dots], "curve")
        yield point(css(index), series.name, track)
    if series.drawn != "line":
        for dot in series.dots:
            yield point(
                css(index), _words(series, dot), *_interval(dot, x, y), mark(index, x(dot.x), y(dot.y), _RADIUS)
            )


def _interval(dot: Dot, x: Linear, y: Linear) -> list[Markup]:
    if dot.low is None or dot.high is None:
        return []
    return [line(x(dot.x), y(dot.low), x(dot.x), y(dot.high), "cross")]


def _words(series: Series, dot: Dot) -> str:
    around = "" if dot.low is None or dot.high is None else f"\n95 %: {interval_text(dot.low, dot.high)}"
    return f"{series.name}\n{number_text(dot.y)}{around}"


def _described(shown: Chart) -> str:
    said = [
        f"{series.name}: " + ", ".join(number_text(dot.y) for dot in series.dots)
        for series in shown.series
        if series.drawn != "line"
    ]
    return f"{shown.y.title} against {shown.x.title}. " + "; ".join(said)
