"""Where the detail went, step by step: a bar for each step, which begins where the one before it ended."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from acutance.report.figures._frame import figure, point
from acutance.report.figures._scale import Linear
from acutance.report.figures._svg import line, tag, text

__all__ = ["NARROW", "WIDE", "Layout", "Step", "waterfall"]


@dataclass(frozen=True)
class Step:
    """One row.

    Attributes:
        label: what stands before the bar.
        start: where the bar begins.
        end: where it ends; the next step begins there.
        low: lower end of the 95 % interval of `end`; NaN where none can be stated.
        high: upper end.
        shown: the number behind the bar.
        look: CSS class of the bar: `whole`, `kept`, `lost present`, `lost undecided`, `lost absent`, `price`, `gained`.
        words: what the row says when it is pointed at.
    """

    label: str
    start: float
    end: float
    low: float
    high: float
    shown: str
    look: str
    words: str


@dataclass(frozen=True)
class Layout:
    """Where things stand, in pixels.

    Attributes:
        name: part of the figure's name.
        width: of the whole figure.
        left: where the bars begin.
        right: where they end.
        row: height of a row.
        above: how far a label stands above its bar; 0 puts it before the bar.
    """

    name: str
    width: float
    left: float
    right: float
    row: float
    above: float


WIDE = Layout("wide", 560.0, 176.0, 476.0, 34.0, 0.0)
NARROW = Layout("narrow", 360.0, 2.0, 288.0, 46.0, 10.0)
_BAR, _TOP, _FOOT = 14.0, 6.0, 44.0


def waterfall(
    name: str,
    title: str,
    axis: str,
    steps: Sequence[Step],
    layout: Layout = WIDE,
    *,
    ends: tuple[float, float],
    tick: Callable[[float], str],
) -> Markup:
    """Draw the steps from top to bottom.

    Args:
        name: unique on a page.
        title: for readers who do not see the figure.
        axis: what the bars are measured in, below them.
        steps: at least one.
        layout: wide, or narrow for a phone.
        ends: of the scale, left and right; what lies outside is drawn at the edge.
        tick: the words of a number on the scale.

    Returns:
        An SVG element.
    """
    scale = Linear(*ends, layout.left, layout.right)
    bottom = _TOP + layout.row * len(steps)
    described = ". ".join(step.words.replace("\n", ", ") for step in steps)
    return figure(
        f"{name}-{layout.name}",
        (layout.width, bottom + _FOOT),
        title,
        described,
        *_axis(scale, bottom, axis, tick),
        *(_connector(step, k, scale, layout) for k, step in enumerate(steps[:-1])),
        *(_row(step, k, scale, layout) for k, step in enumerate(steps)),
    )


def _axis(scale: Linear, bottom: float, axis: str, tick: Callable[[float], str]) -> list[Markup]:
    parts = []
    for value in scale.ticks(4):
        x = scale(value)
        anchor = "start" if x < 12 else "middle"
        parts += [line(x, _TOP, x, bottom, "grid"), text(x, bottom + 17, tick(value), "tick", anchor=anchor)]
    parts.append(line(scale.start, bottom, scale.end, bottom, "axis"))
    return [*parts, text(scale.end, bottom + 36, axis, "title", anchor="end")]


def _row(step: Step, place: int, scale: Linear, layout: Layout) -> Markup:
    middle = _middle(place, layout)
    left, right = sorted((scale(step.start), scale(step.end)))
    width = max(right - left, 2.0)
    bar = tag("rect", {"class": f"bar {step.look}", "x": left, "y": middle - _BAR / 2, "width": width, "height": _BAR})
    hit = tag(
        "rect", {"class": "hit", "x": 0, "y": middle - layout.row / 2, "width": layout.width, "height": layout.row}
    )
    at = (layout.left, middle - layout.above - 4) if layout.above else (layout.left - 10, middle + 4.5)
    label = text(*at, step.label, f"step {step.look}", anchor="start" if layout.above else "end")
    shown = text(layout.width, middle + 4.5, step.shown, f"number {step.look}", anchor="end")
    return point("step", step.words, hit, bar, *_whisker(step, middle, scale), label, shown)


def _whisker(step: Step, middle: float, scale: Linear) -> list[Markup]:
    if not (math.isfinite(step.low) and math.isfinite(step.high)) or step.low >= step.high:
        return []
    left, right = scale(step.low), scale(step.high)
    return [
        line(left, middle, right, middle, "whisker"),
        *(line(x, middle - 3.5, x, middle + 3.5, "whisker") for x in (left, right)),
    ]


def _connector(step: Step, place: int, scale: Linear, layout: Layout) -> Markup:
    x = scale(step.end)
    return line(x, _middle(place, layout) + _BAR / 2, x, _middle(place + 1, layout) - _BAR / 2, "connector")


def _middle(place: int, layout: Layout) -> float:
    """The height of the middle of a row's bar."""
    return _TOP + layout.row * place + layout.row / 2 + layout.above
