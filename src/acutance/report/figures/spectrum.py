"""One quantity along spatial frequency, all subjects overlaid, with 95 % intervals (T2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from acutance.diagnose._record import Comparison
from acutance.measure._bands import Band, Curve
from acutance.report._numbers import interval_text, number_text
from acutance.report._select import curve, ends, paired, prior, value
from acutance.report.figures._frame import figure, point, x_axis, y_axis
from acutance.report.figures._marks import css
from acutance.report.figures._scale import Linear, Octaves, span
from acutance.report.figures._svg import line, polygon, polyline, tag, text

__all__ = ["floor_dots", "spectrum"]

_SIZE = (372.0, 276.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 362.0, 14.0, 224.0
_PAIRED, _PRIOR = ("sample", "mean"), ("prior",)


@dataclass(frozen=True)
class _Track:
    """A curve of one subject, ready to be drawn: (frequency, value, low, high) with a look."""

    label: str
    css: str
    dots: list[tuple[float, float, float, float]]


def spectrum(comparison: Comparison, quantity: str, title: str) -> Markup:
    """Draw `quantity` against frequency; octave means stand in where a subject has no finer curve.

    Samples are dashed, and only have a detail ratio; the grey band is what real pictures score against other real ones.

    Args:
        comparison: one or more subjects.
        quantity: `gain`, `detail_ratio` or `coherence`.
        title: its name for readers.

    Returns:
        An SVG element.
    """
    tracks = _tracks(comparison, quantity)
    y = Linear(0.0, span((v for t in tracks for d in t.dots for v in d[1:]), least=1.12, most=2.0), _BOTTOM, _TOP)
    x = _frequencies(tracks)
    ticks = [(f, f"1/{1 / f:.0f}" if f < 1 else f"{f:g}") for f in x.ticks()]
    return figure(
        f"spectrum-{quantity.replace('_', '-')}",
        _SIZE,
        title,
        f"{title} against spatial frequency for {', '.join(s.name for s in comparison.subjects)}.",
        *x_axis(x, _BOTTOM, _TOP, ticks if len(ticks) < 7 else ticks[::2]),
        *y_axis(y, _LEFT, _RIGHT, [t for t in y.ticks(5) if t <= y.high]),
        line(_LEFT, y(1), _RIGHT, y(1), "unity"),
        text(_LEFT, _BOTTOM + 40, "coarse", "note"),
        text((_LEFT + _RIGHT) / 2, _BOTTOM + 40, "cycles per pixel", "title", anchor="middle"),
        text(_RIGHT, _BOTTOM + 40, "fine", "note", anchor="end"),
        *(_draw(track, x, y) for track in tracks),
        *_columns(tracks, x),
    )


def _tracks(comparison: Comparison, quantity: str) -> list[_Track]:
    tracks = []
    for i, subject in enumerate(comparison.subjects):
        kinds: list[tuple[str, tuple[str, ...], tuple[Band, ...], str]] = [
            ("outputs" if subject.given == "input" else "reconstructions", _PAIRED, paired(subject), css(i))
        ]
        if quantity == "detail_ratio":
            kinds.append(("samples", _PRIOR, prior(subject), f"{css(i)} dashed"))
        for kind, keys, bands, look in kinds:
            found = curve(subject, keys, quantity)
            dots = _of_curve(found) if found else _of_bands(bands, quantity)
            tracks.append(_Track(f"{subject.name}, {kind}", look, dots))
    if quantity == "detail_ratio":
        tracks.insert(0, _Track("real against real", "floor", floor_dots(comparison)))
    return [track for track in tracks if track.dots]


def floor_dots(comparison: Comparison) -> list[tuple[float, float, float, float]]:
    """Real pictures against other real ones: the octaves under "floor" of the first subject that has some."""
    found = (_of_bands(subject.bands.get("floor", ()), "detail_ratio") for subject in comparison.subjects)
    return next((dots for dots in found if dots), [])


def _of_curve(found: Curve) -> list[tuple[float, float, float, float]]:
    rows = zip(found.frequency, found.value, found.low, found.high, strict=True)
    return [row for row in rows if row[0] > 0 and math.isfinite(row[1])]


def _of_bands(bands: tuple[Band, ...], quantity: str) -> list[tuple[float, float, float, float]]:
    rows = []
    for band in sorted(bands, key=lambda b: b.low):
        middle = value(band, quantity)
        low, high = ends(band, quantity) or (math.nan, math.nan)
        if math.isfinite(middle) and band.high > 0:
            rows.append((math.sqrt(max(band.low, band.high / 4) * band.high), middle, low, high))
    return rows


def _frequencies(tracks: list[_Track]) -> Octaves:
    known = [dot[0] for track in tracks for dot in track.dots]
    low = min(known, default=1 / 32)
    return Octaves(min(low, 0.25), max(0.5, max(known, default=0.5)), _LEFT, _RIGHT)


def _draw(track: _Track, x: Octaves, y: Linear) -> Markup:
    closed = [d for d in track.dots if math.isfinite(d[2]) and math.isfinite(d[3])]
    rim = [(x(d[0]), y(d[3])) for d in closed] + [(x(d[0]), y(d[2])) for d in reversed(closed)]
    area = [polygon(rim, "area")] if closed else []
    return tag("g", {"class": track.css}, *area, polyline([(x(d[0]), y(d[1])) for d in track.dots], "curve"))


def _columns(tracks: list[_Track], x: Octaves) -> list[Markup]:
    """An invisible column for each frequency that tells all values at it when it is pointed at."""
    places = sorted({round(d[0], 6) for track in tracks for d in track.dots})
    middles = [x(f) for f in places]
    parts = []
    for k, frequency in enumerate(places):
        start = _LEFT if k == 0 else (middles[k - 1] + middles[k]) / 2
        end = _RIGHT if k == len(places) - 1 else (middles[k] + middles[k + 1]) / 2
        area = tag(
            "rect", {"class": "hit", "x": start, "y": _TOP, "width": max(end - start, 0), "height": _BOTTOM - _TOP}
        )
        ruler = line(middles[k], _TOP, middles[k], _BOTTOM, "ruler")
        parts.append(point("column", _words(tracks, frequency), area, ruler))
    return parts


def _words(tracks: list[_Track], frequency: float) -> str:
    rows = [f"{number_text(frequency)} cycles/px, details of {1 / frequency:.3g} px"]
    for track in tracks:
        for at, middle, low, high in track.dots:
            if round(at, 6) == frequency:
                around = interval_text(low, high)
                rows.append(f"{track.label} {number_text(middle)}" + (f" ({around})" if around else ""))
    return "\n".join(rows)
