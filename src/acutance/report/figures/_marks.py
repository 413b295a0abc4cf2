"""The mark of a subject: a colour (CSS class) and a shape, so that colour is never the only difference."""

from __future__ import annotations

import math

from markupsafe import Markup

from acutance.report.figures._svg import polygon, tag

__all__ = ["COLOURS", "css", "key", "mark"]

COLOURS = 6

Corners = list[tuple[float, float]]


def _regular(count: int, turn: float, size: float) -> Corners:
    angles = [math.radians(turn + 360.0 * k / count) for k in range(count)]
    return [(size * math.cos(a), size * math.sin(a)) for a in angles]


# Sizes chosen for equal areas; the first shape is the circle.
_SHAPES: tuple[Corners, ...] = (
    [],
    _regular(4, 0.0, 1.25),
    _regular(4, 45.0, 1.25),
    _regular(3, -90.0, 1.5),
    _regular(3, 90.0, 1.5),
    _regular(6, 30.0, 1.12),
)


def css(index: int) -> str:
    """The CSS class that gives the index-th subject its colour."""
    return f"s{index % COLOURS}"


def mark(index: int, x: float, y: float, radius: float) -> Markup:
    """The mark of the index-th subject, centred on a point; `radius` in pixels."""
    corners = _SHAPES[(index + index // COLOURS) % len(_SHAPES)]
    if not corners:
        return tag("circle", {"class": "mark", "cx": x, "cy": y, "r": radius})
    return polygon([(x + radius * dx, y + radius * dy) for dx, dy in corners], "mark")


def key(index: int) -> Markup:
    """A small picture of the mark, for legends and table heads."""
    return tag(
        "svg",
        {"class": f"key {css(index)}", "viewBox": "0 0 16 16", "width": 16, "height": 16, "aria-hidden": "true"},
        mark(index, 8, 8, 5.2),
    )
