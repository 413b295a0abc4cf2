"""One subject's finest octave as a bar: what is there and right, what is there and invented, what is missing (T3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from acutance.diagnose._record import SubjectRecord
from acutance.report._numbers import percent_text, whole_percent
from acutance.report._select import ends, finest, paired, prior, value
from acutance.report.figures._marks import css
from acutance.report.figures._svg import Attribute, number, tag

__all__ = ["Detail", "detail_bar", "detail_of", "real_bar"]

_MOST = 1.25


@dataclass(frozen=True, kw_only=True)
class Detail:
    """The finest octave of a subject, as shares of the detail of real pictures; y = right + invented.

    Attributes:
        there: the detail ratio y.
        right: min(q, y), the part that is justified; None for samples, which have no original.
        invented: y - q where the decoder draws more than it knows, else 0.
        unused: q - y where it draws less than it knows, else 0.
    """

    there: float
    right: float | None = None
    invented: float = 0.0
    unused: float = 0.0

    @property
    def invented_percent(self) -> int:
        """What is invented, as the difference of the two rounded percentages that it is shown with."""
        return whole_percent(self.there) - whole_percent(self.right) if self.right is not None and self.invented else 0


def detail_of(subject: SubjectRecord) -> Detail | None:
    """The finest octave of its reconstructions, else of its samples, else None.

    Where the intervals of y and q overlap, the two are taken as equal: nothing is called invented or unused.
    """
    band = finest(paired(subject))
    if band is not None and math.isfinite(value(band, "coherence")):
        y, q = value(band, "detail_ratio"), value(band, "coherence")
        if _agree(ends(band, "detail_ratio"), ends(band, "coherence")):
            return Detail(there=y, right=y)
        return Detail(there=y, right=min(q, y), invented=max(0.0, y - q), unused=max(0.0, q - y))
    drawn = finest(prior(subject)) or band
    return Detail(there=value(drawn, "detail_ratio")) if drawn is not None else None


def real_bar() -> Markup:
    """The bar of the real pictures, which have all detail by definition."""
    return _bar("real", [_piece("right", 0.0, 1.0)], "Real pictures: 100 % by definition")


def detail_bar(index: int, name: str, detail: Detail) -> Markup:
    """Draw the bar; the tick marks the detail of real pictures.

    Args:
        index: the subject's place, for its colour.
        name: the subject's name, for those who do not see the bar.
        detail: the shares to draw.
    """
    parts, start = [_piece("track-all", 0.0, 1.0)], 0.0
    pieces = (
        [("unknown", detail.there)]
        if detail.right is None
        else [("right", detail.right), ("invented", detail.invented), ("unused", detail.unused)]
    )
    pattern = f"hatch-{index}"
    for look, share in pieces:
        end = min(start + share, _MOST)
        if end - start > 0.001:
            parts.append(_piece(look, start, end, f"url(#{pattern})" if look in ("invented", "unknown") else None))
        start = end
    label = f"{name}: {percent_text(detail.there)} of the finest detail of real pictures"
    return _bar(css(index), [_hatch(pattern), *parts], label)


def _bar(look: str, parts: list[Markup], label: str) -> Markup:
    one = f"{number(100 / _MOST)}%"
    tick = tag("line", {"class": "real-tick", "x1": one, "x2": one, "y1": 0, "y2": 20})
    outer: dict[str, Attribute] = {
        "class": f"bar {look}",
        "height": 20,
        "width": "100%",
        "role": "img",
        "aria-label": label,
    }
    return tag("svg", outer, *parts, tick)


def _agree(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    return one is not None and other is not None and one[0] <= other[1] and other[0] <= one[1]


def _piece(look: str, start: float, end: float, fill: str | None = None) -> Markup:
    left, width = f"{number(100 * start / _MOST)}%", f"{number(100 * (end - start) / _MOST)}%"
    return tag("rect", {"class": look, "x": left, "y": 4, "width": width, "height": 12, "fill": fill})


def _hatch(name: str) -> Markup:
    stripe = tag("rect", {"class": "stripe", "width": 3, "height": 6})
    turned: dict[str, Attribute] = {
        "id": name,
        "width": 6,
        "height": 6,
        "patternUnits": "userSpaceOnUse",
        "patternTransform": "rotate(45)",
    }
    return tag("defs", {}, tag("pattern", turned, stripe))
