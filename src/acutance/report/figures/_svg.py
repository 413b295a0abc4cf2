"""The few words of SVG that the figures need; everything that is not markup already is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from acutance.report.figures._labels import Label

__all__ = ["Attribute", "clean", "label_text", "line", "number", "polygon", "polyline", "tag", "text"]

Attribute = str | float | int | None

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(words: str) -> str:
    """`words` without the characters that no XML file may hold."""
    return _NOT_XML.sub("\ufffd", words)


def number(value: float) -> str:
    """A coordinate with at most two decimals and no trailing zeros."""
    short = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def tag(name: str, attributes: Mapping[str, Attribute], *children: str) -> Markup:
    """One element; attributes that are None are left out, text children are escaped, markup children are kept."""
    shown = "".join(f' {key}="{_attribute(value)}"' for key, value in attributes.items() if value is not None)
    if not children:
        return Markup(f"<{name}{shown}/>")
    inner = "".join(str(escape(child if isinstance(child, Markup) else clean(child))) for child in children)
    return Markup(f"<{name}{shown}>{inner}</{name}>")


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> Markup:
    """A straight line in the style of the CSS class."""
    return tag("line", {"class": css, "x1": x1, "y1": y1, "x2": x2, "y2": y2})


def polyline(points: Sequence[tuple[float, float]], css: str) -> Markup:
    """A line through the points."""
    return tag("polyline", {"class": css, "points": _points(points)})


def polygon(points: Sequence[tuple[float, float]], css: str) -> Markup:
    """An area with these corners."""
    return tag("polygon", {"class": css, "points": _points(points)})


def text(x: float, y: float, words: str, css: str, *, anchor: str = "start", turn: float = 0.0) -> Markup:
    """Words at a point; `anchor` is start, middle or end, `turn` an angle in degrees about the point."""
    transform = f"rotate({number(turn)} {number(x)} {number(y)})" if turn else None
    return tag("text", {"class": css, "x": x, "y": y, "text-anchor": anchor, "transform": transform}, words)


def label_text(words: Label, spot: tuple[float, float], css: str) -> Markup:
    """A label whose left and top end is at the spot; two lines are centred on one another."""
    x, y = spot
    middle = x + words.width / 2 if len(words.lines) > 1 else x
    lines = [
        tag("tspan", {"x": middle, "y": y + (0.92 + 1.2 * k) * words.size}, row) for k, row in enumerate(words.lines)
    ]
    anchor = "middle" if len(words.lines) > 1 else "start"
    return tag("text", {"class": css, "text-anchor": anchor, "style": f"font-size:{number(words.size)}px"}, *lines)


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)


def _attribute(value: str | float | int) -> str:
    return number(value) if isinstance(value, (int, float)) else str(escape(clean(value)))
