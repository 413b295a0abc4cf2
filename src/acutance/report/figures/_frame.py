"""What all figures share: the outer element with its title, axes, grid lines, and points that explain themselves."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from acutance.report.figures._scale import Linear, Octaves
from acutance.report.figures._svg import line, number, tag, text

__all__ = ["figure", "point", "x_axis", "y_axis"]

Scale = Linear | Octaves


def figure(name: str, size: tuple[float, float], title: str, description: str, *children: Markup) -> Markup:
    """The outer element; `name` must be unique on a page, the description says in words what the figure shows."""
    width, height = size
    return tag(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "figure",
            "viewBox": f"0 0 {number(width)} {number(height)}",
            "role": "group",
            "tabindex": 0,
            "aria-labelledby": f"{name}-title",
            "aria-describedby": f"{name}-desc",
        },
        tag("title", {"id": f"{name}-title"}, title),
        tag("desc", {"id": f"{name}-desc"}, description),
        *children,
    )


def point(css: str, words: str, *children: Markup) -> Markup:
    """Something that shows `words` (heading, then lines) when it is pointed at or reached by the arrow keys."""
    return tag(
        "g",
        {"class": f"pt {css}", "role": "img", "aria-label": words.replace("\n", "; ")},
        tag("title", {}, words),
        *children,
    )


def x_axis(scale: Scale, bottom: float, top: float, ticks: Iterable[tuple[float, str]]) -> list[Markup]:
    """Upright grid lines with their numbers below."""
    parts = []
    for value, words in ticks:
        x = scale(value)
        parts += [line(x, top, x, bottom, "grid"), text(x, bottom + 17, words, "tick", anchor="middle")]
    return [*parts, line(scale.start, bottom, scale.end, bottom, "axis")]


def y_axis(scale: Linear, left: float, right: float, ticks: Iterable[float]) -> list[Markup]:
    """Level grid lines with their numbers to the left."""
    parts = []
    for value in ticks:
        y = scale(value)
        parts += [line(left, y, right, y, "grid"), text(left - 8, y + 4, f"{value:g}", "tick", anchor="end")]
    return parts
