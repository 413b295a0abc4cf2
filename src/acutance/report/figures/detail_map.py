"""The detail map (T3): coherence against detail ratio, one point an octave, coarse to fine."""

from __future__ import annotations

from markupsafe import Markup

from acutance.diagnose._record import Comparison, SubjectRecord
from acutance.measure._bands import Band
from acutance.report._select import ends, finest, paired, prior, scale_text, tip, value
from acutance.report.figures._frame import figure, point, x_axis, y_axis
from acutance.report.figures._labels import text_width
from acutance.report.figures._map_place import NARROW, WIDE, Layout, Place, in_strip, on_map, place_of
from acutance.report.figures._map_words import name_words, region_words
from acutance.report.figures._marks import css, mark
from acutance.report.figures._svg import line, polygon, polyline, tag, text

__all__ = ["NARROW", "WIDE", "Layout", "describe", "detail_map", "map_size"]


def detail_map(comparison: Comparison, layout: Layout = WIDE) -> Markup:
    """Draw the map; samples, which have no original and so no coherence, stand in a strip at the right.

    Args:
        comparison: one or more subjects; octaves without both numbers are left out.
        layout: `WIDE` or `NARROW`.

    Returns:
        An SVG element.

    Source: T2, T3.
    """
    place = place_of(comparison, layout)
    subjects = list(enumerate(comparison.subjects))
    names = [part for i, subject in subjects for part in name_words(place, i, subject)]
    return figure(
        layout.name,
        place.size,
        "Detail map",
        describe(comparison),
        *_ground(place),
        *_axes(place),
        *_sizes(place, comparison),
        *region_words(place),
        *(part for i, subject in subjects for part in _track(place, i, subject)),
        *(part for i, subject in subjects for part in _points(place, i, subject)),
        *(part for i, subject in subjects for part in _samples(place, i, subject)),
        *names,
    )


def map_size(comparison: Comparison, layout: Layout = WIDE) -> tuple[float, float]:
    """Width and height of the map in pixels."""
    return place_of(comparison, layout).size


def describe(comparison: Comparison) -> str:
    """The figure in words: where the finest octave of each subject lies."""
    said = []
    for subject in comparison.subjects:
        band, drawn = finest(paired(subject)), finest(prior(subject))
        if band is not None:
            said.append(f"{subject.name}: coherence {value(band, 'coherence'):.2f}, {value(band, 'detail_ratio'):.2f}")
        elif drawn is not None:
            said.append(f"{subject.name}: samples {value(drawn, 'detail_ratio'):.2f}")
    found = "; ".join(said) or "nothing measured"
    return f"Coherence across, detail ratio upwards, one point an octave. Detail ratio in the finest octave: {found}."


def _track(place: Place, index: int, subject: SubjectRecord) -> list[Markup]:
    spots = [place.spot(band) for band in on_map(subject)]
    return [tag("g", {"class": css(index)}, polyline(spots, "track"))] if len(spots) > 1 else []


def _points(place: Place, index: int, subject: SubjectRecord) -> list[Markup]:
    bands, parts = on_map(subject), []
    for rank, band in enumerate(bands):
        x, y = place.spot(band)
        dot = mark(index, x, y, place.radius(rank, len(bands)))
        crosses = [line(*segment, "cross") for segment in place.cross(band)]
        words = tip(subject.name, band, "outputs" if subject.given == "input" else "reconstructions")
        parts.append(point(css(index), words, *crosses, dot, *_beyond(place, band, x)))
    return parts


def _samples(place: Place, index: int, subject: SubjectRecord) -> list[Markup]:
    bands, parts = in_strip(subject), []
    for rank, band in enumerate(bands):
        x, y = place.column(index), place.y(value(band, "detail_ratio"))
        around = ends(band, "detail_ratio")
        cross = [line(x, place.y(around[0]), x, place.y(around[1]), "cross")] if around else []
        dot = mark(index, x, y, place.side_radius(rank, len(bands)))
        words = tip(subject.name, band, "samples")
        parts.append(point(css(index), words, *cross, dot, *_beyond(place, band, x)))
    return parts


def _beyond(place: Place, band: Band, x: float) -> list[Markup]:
    """An arrow with the number where a point lies above the axis."""
    y = value(band, "detail_ratio")
    return [text(x + 12, place.y.end + 4, f"↑ {y:.1f}", "note")] if y > place.y.high else []


def _ground(place: Place) -> list[Markup]:
    x, y = place.x, place.y
    start, end = place.strip
    origin, corner = (x(0), y(0)), (x(1), y(1))
    return [
        polygon([origin, corner, (x(0), y(1))], "region invented"),
        polygon([origin, corner, (x(1), y(0))], "region smoothed"),
        tag("rect", {"class": "region side", "x": start, "y": y.end, "width": end - start, "height": y.start - y.end}),
    ]


def _axes(place: Place) -> list[Markup]:
    layout, bottom = place.layout, place.y.start
    ticks = [tick for tick in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0) if tick <= place.y.high]
    start, end = place.strip
    upright, level, side = layout.phrases
    heading = text_width("↑ detail ratio", 13) + 26
    beside = heading + text_width(upright, 12) < layout.plot
    return [
        *y_axis(place.y, place.x.start, place.x.end, ticks),
        *x_axis(place.x, bottom, layout.top, [(t, f"{t:g}") for t in ticks if t <= 1]),
        *(line(start, place.y(t), end, place.y(t), "grid") for t in ticks),
        line(place.x(0), place.y(0), place.x(1), place.y(1), "averaging"),
        line(place.x.start, place.y(1), end, place.y(1), "unity"),
        text(layout.left - 18, 18, "↑ detail ratio", "title"),
        text(layout.left - 18 + heading, 18, upright, "note") if beside else Markup(),
        text(place.x.end, bottom + 40, f"coherence: {level} →", "title", anchor="end"),
        text((start + end) / 2, 18, "samples", "title", anchor="middle"),
        text((start + end) / 2, 34, side, "note", anchor="middle"),
    ]


def _sizes(place: Place, comparison: Comparison) -> list[Markup]:
    """What the size of a dot stands for."""
    bands = max((on_map(s) or in_strip(s) for s in comparison.subjects), key=len, default=[])
    if not bands:
        return []
    shown = list(enumerate(bands))
    shown = shown if len(shown) <= 5 and place.layout is WIDE else [shown[0], shown[-1]] if len(shown) > 1 else shown
    intro = "dot size: details of"
    y, x = place.y.start + 66, place.layout.left
    parts = [text(x, y, intro, "note")]
    x += text_width(intro, 12)
    for rank, band in shown:
        radius, words = place.radius(rank, len(bands)), scale_text(band)
        parts.append(tag("circle", {"class": "size", "cx": x + radius, "cy": y - 4, "r": radius}))
        parts.append(text(x + 2 * radius + 5, y, words, "note"))
        x += 2 * radius + 14 + text_width(words, 12)
    return parts
