"""The words on the detail map, each put where it covers nothing; what finds no room is left out."""

from __future__ import annotations

import math

from markupsafe import Markup

from acutance.diagnose._record import SubjectRecord
from acutance.report._select import value
from acutance.report.figures._labels import Box, label, text_width
from acutance.report.figures._map_place import Place, in_strip, on_map
from acutance.report.figures._marks import css
from acutance.report.figures._svg import label_text, text

__all__ = ["name_words", "region_words"]


def name_words(place: Place, index: int, subject: SubjectRecord) -> list[Markup]:
    """The subject's name beside its finest octave; the legend has it in any case."""
    words = label(subject.name, place.layout.font)
    bands, drawn = on_map(subject), in_strip(subject)
    reach = 1.25 * place.layout.radii[1] + 2
    if bands:
        x, y = place.spot(bands[-1])
        across = max([reach, *(abs(end - x) for segment in place.cross(bands[-1]) for end in (segment[0], segment[2]))])
        board = place.board
    elif drawn:
        x, y = place.column(index), place.y(value(drawn[-1], "detail_ratio"))
        across, board = reach, place.side
    else:
        return []
    spot = board.place(words, words.spots(x, y, across, reach))
    return [label_text(words, spot, f"name {css(index)}")] if spot else []


def region_words(place: Place) -> list[Markup]:
    """What the lines and the areas stand for."""
    return [*_on_line(place), *_on_unity(place), *_invented(place), *_smoothed(place)]


def _on_line(place: Place) -> list[Markup]:
    words, size = "averaging line", place.layout.font
    x, y = place.x, place.y
    turn = math.atan2(y(1) - y(0), x(1) - x(0))
    cos, sin = math.cos(turn), math.sin(turn)
    length = text_width(words, size)
    for share in (0.3, 0.22, 0.14, 0.38, 0.46, 0.06, 0.54, 0.62):
        for away in (1.1 * size, -0.55 * size):
            left, base = x(share) - sin * away, y(share) + cos * away
            middles = ((left + s * cos + 0.3 * size * sin, base + s * sin - 0.3 * size * cos) for s in _steps(length))
            boxes = [Box.around(a, b, size * 0.42) for a, b in middles]
            if all(place.board.free(box) for box in boxes):
                place.board.taken += boxes
                return [text(left, base, words, "word", turn=math.degrees(turn))]
    return []


def _steps(length: float) -> list[float]:
    return [length * k / 12 for k in range(13)]


def _word(place: Place, words: str, spots: list[tuple[float, float]]) -> list[Markup]:
    shown = label(words, place.layout.font - 0.5, longest=60)
    spot = place.board.place(shown, spots)
    return [label_text(shown, spot, "word")] if spot else []


def _on_unity(place: Place) -> list[Markup]:
    above = place.y(1) - 1.2 * place.layout.font - 2
    return _word(place, "as much detail as real pictures", [(place.x(k / 20) + 8, above) for k in range(12)])


def _invented(place: Place) -> list[Markup]:
    heights = (0.9, 0.84, 0.78, 0.72, 0.64, 0.96)
    return _word(
        place, "invented detail", [(place.x(a) + 8, place.y(b)) for b in heights for a in (0, 0.06, 0.12, 0.2)]
    )


def _smoothed(place: Place) -> list[Markup]:
    words = "over-smoothed"
    start = text_width(words, place.layout.font) + 8
    heights = (0.14, 0.2, 0.26, 0.08, 0.34)
    return _word(place, words, [(place.x(a) - start, place.y(b)) for b in heights for a in (1, 0.9, 0.8, 0.7)])
