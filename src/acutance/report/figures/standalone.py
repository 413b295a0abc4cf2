"""The detail map as a file of its own, with its styles, a heading and a legend inside."""

from __future__ import annotations

from importlib import resources

from markupsafe import Markup

from acutance.diagnose._record import Comparison
from acutance.report._select import pictures_text
from acutance.report.figures._labels import text_width
from acutance.report.figures._marks import css, mark
from acutance.report.figures._svg import Attribute, number, tag, text
from acutance.report.figures.detail_map import WIDE, describe, detail_map, map_size

__all__ = ["standalone_map"]

_MARGIN = 20.0
_WIDTH = WIDE.left + WIDE.plot + WIDE.gap + WIDE.strip + 8
_ROW = 24.0


def standalone_map(comparison: Comparison) -> str:
    """The whole text of detail-map.svg: it needs no page around it and follows the reader's dark mode.

    Args:
        comparison: one or more subjects.
    """
    legend, rows = _legend(comparison)
    width, height = map_size(comparison)
    top = 58 + rows * _ROW
    total = (width + 2 * _MARGIN, top + height + _MARGIN)
    outer: dict[str, Attribute] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {number(total[0])} {number(total[1])}",
        "width": total[0],
        "height": total[1],
        "role": "img",
        "aria-label": describe(comparison),
    }
    data = comparison.data
    where = f"{data.source}, {pictures_text(comparison)}, {data.width} × {data.height} px"  # noqa: RUF001
    return (
        str(
            tag(
                "svg",
                outer,
                tag("style", {}, Markup(_style())),
                tag("rect", {"class": "paper", "width": "100%", "height": "100%"}),
                text(_MARGIN, 32, "Where the detail went", "heading"),
                text(_MARGIN, 52, where, "note"),
                *legend,
                tag("svg", {"x": _MARGIN, "y": top, "width": width, "height": height}, detail_map(comparison)),
            )
        )
        + "\n"
    )


def _legend(comparison: Comparison) -> tuple[list[Markup], int]:
    parts, x, rows = [], _MARGIN, 1
    for i, subject in enumerate(comparison.subjects):
        words = subject.name if len(subject.name) <= 60 else subject.name[:58] + "…"
        width = 20 + 0.92 * text_width(words, 14) + 18
        if x + width > _MARGIN + _WIDTH and x > _MARGIN:
            x, rows = _MARGIN, rows + 1
        y = 58 + rows * _ROW - 6
        parts.append(tag("g", {"class": css(i)}, mark(i, x + 7, y - 5, 6)))
        parts.append(text(x + 20, y, words, "legend-name"))
        x += width
    return parts, rows


def _style() -> str:
    folder = resources.files("acutance.report") / "templates"
    return "".join((folder / name).read_text("utf-8") for name in ("tokens.css", "figures.css"))
