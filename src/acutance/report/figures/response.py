"""What the decoder did about detail it did not know, on one scale: averaged at 0, invented at 1 (theory C)."""

from __future__ import annotations

import math

from markupsafe import Markup

from acutance.diagnose._record import Response
from acutance.report._numbers import interval_text, number_text
from acutance.report.figures._frame import figure, point
from acutance.report.figures._marks import css, mark
from acutance.report.figures._scale import Linear
from acutance.report.figures._svg import line, text

__all__ = ["response_scale"]

_SIZE = (360.0, 78.0)
_LOW, _HIGH = -1.1, 1.4
_PLACES = ((-0.75, "over-smoothed"), (0.0, "averaged"), (1.0, "invented"))


def response_scale(response: Response | None, name: str, index: int) -> Markup:
    """Draw the response index with its interval; nothing where it was not measured.

    Args:
        response: what was measured.
        name: unique on a page.
        index: the subject's place, for its mark.

    Returns:
        An SVG element, or nothing.
    """
    if response is None or not math.isfinite(response.index):
        return Markup()
    scale = Linear(_LOW, _HIGH, 14.0, _SIZE[0] - 14.0)
    around = interval_text(response.low, response.high)
    words = f"Response index {number_text(response.index)}" + (f"\n95 %: {around}" if around else "")
    words += f"\n{response.verdict}"
    level = 26.0
    return figure(
        name,
        _SIZE,
        "What the decoder did about detail it did not know",
        words.replace("\n", ", "),
        line(scale.start, level, scale.end, level, "axis"),
        *(line(scale(at), level - 8, scale(at), level + 8, "grid strong") for at, _ in _PLACES),
        *(text(scale(at), level + 27, title, "tick", anchor="middle") for at, title in _PLACES),
        *(text(scale(at), level + 44, f"{at:g}", "tick", anchor="middle") for at, _ in _PLACES if at >= 0),
        point(css(index), words, *_interval(response, scale, level), mark(index, scale(response.index), level, 7)),
    )


def _interval(response: Response, scale: Linear, level: float) -> list[Markup]:
    if not (math.isfinite(response.low) and math.isfinite(response.high)):
        return []
    return [line(scale(response.low), level, scale(response.high), level, "cross thick")]
