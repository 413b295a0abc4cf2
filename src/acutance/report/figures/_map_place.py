"""The ground of the detail map: sizes, scales, where each octave lies, and what labels must keep off."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from acutance.diagnose._record import Comparison, SubjectRecord
from acutance.measure._bands import Band
from acutance.report._select import ends, paired, prior, value
from acutance.report.figures._labels import Board, Box
from acutance.report.figures._scale import Linear, span

__all__ = ["NARROW", "WIDE", "Layout", "Place", "in_strip", "on_map", "place_of"]

Segment = tuple[float, float, float, float]

_MOST = 2.0


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where things stand, in pixels.

    Attributes:
        name: of the figure, unique on a page.
        left: room for the numbers of the upright axis.
        plot: width of the map.
        gap: between the map and the strip of samples.
        strip: width of the strip.
        font: size of the words on the map.
        radii: of the coarsest and the finest dot.
        phrases: the long or the short words of the axes: upright, level, strip.
    """

    name: str
    left: float
    plot: float
    gap: float
    strip: float
    font: float
    radii: tuple[float, float]
    phrases: tuple[str, str, str]
    top: float = 46.0
    bottom: float = 78.0


WIDE = Layout(
    name="map-wide",
    left=44,
    plot=560,
    gap=22,
    strip=128,
    font=14,
    radii=(3.6, 9.0),
    phrases=("how much detail there is", "how much of the real detail it follows", "no original"),
)
NARROW = Layout(
    name="map-narrow",
    left=30,
    plot=256,
    gap=10,
    strip=68,
    font=12.5,
    radii=(3.0, 7.0),
    phrases=("detail there", "detail that is right", ""),
)


@dataclass(frozen=True)
class Place:
    """The scales of one drawing, and the boards on which the labels of map and strip find room."""

    layout: Layout
    x: Linear
    y: Linear
    board: Board
    side: Board
    drawn: tuple[int, ...]

    @property
    def strip(self) -> tuple[float, float]:
        """Left and right end of the strip of samples."""
        start = self.layout.left + self.layout.plot + self.layout.gap
        return start, start + self.layout.strip

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the whole figure."""
        return self.strip[1] + 8, self.y.start + self.layout.bottom

    def column(self, index: int) -> float:
        """Where the samples of the index-th subject stand in the strip."""
        start, end = self.strip
        return start + (end - start) * (self.drawn.index(index) + 0.5) / len(self.drawn)

    def radius(self, rank: int, count: int) -> float:
        """Of the dot of the rank-th of so many octaves, coarse to fine."""
        small, large = self.layout.radii
        return large if count < 2 else small + (large - small) * rank / (count - 1)

    def side_radius(self, rank: int, count: int) -> float:
        """The same in the strip, where columns may be close."""
        return min(self.radius(rank, count), 0.42 * self.layout.strip / len(self.drawn))

    def spot(self, band: Band) -> tuple[float, float]:
        """Where the octave lies on the map."""
        return self.x(value(band, "coherence")), self.y(value(band, "detail_ratio"))

    def cross(self, band: Band) -> Iterator[Segment]:
        """The lines of its intervals."""
        x, y = self.spot(band)
        across, upright = ends(band, "coherence"), ends(band, "detail_ratio")
        if across:
            yield self.x(across[0]), y, self.x(across[1]), y
        if upright:
            yield x, self.y(upright[0]), x, self.y(upright[1])


def _known(bands: tuple[Band, ...], *names: str) -> list[Band]:
    """The bands that have all these numbers, coarse to fine."""
    kept = (band for band in bands if all(math.isfinite(value(band, name)) for name in names))
    return sorted(kept, key=lambda band: band.low)


def on_map(subject: SubjectRecord) -> list[Band]:
    """The subject's octaves that can stand on the map."""
    return _known(paired(subject), "coherence", "detail_ratio")


def in_strip(subject: SubjectRecord) -> list[Band]:
    """The octaves of its samples, that can stand in the strip."""
    return _known(prior(subject), "detail_ratio")


def place_of(comparison: Comparison, layout: Layout) -> Place:
    """The ground for these subjects, with all points and lines marked as taken."""
    bands = [band for s in comparison.subjects for band in (*on_map(s), *in_strip(s))]
    tops = [top for b in bands for top in (value(b, "detail_ratio"), (ends(b, "detail_ratio") or (0, 0))[1])]
    high = span(tops, least=1.12, most=_MOST)
    x = Linear(0.0, 1.04, layout.left, layout.left + layout.plot)
    y = Linear(0.0, high, layout.top + layout.plot * min(high, 1.3) / 1.04, layout.top)
    start = x.end + layout.gap
    place = Place(
        layout,
        x,
        y,
        Board(Box(layout.left + 4, layout.top + 2, x.end, y.start - 4)),
        Board(Box(start, layout.top + 2, start + layout.strip, y.start - 4)),
        tuple(i for i, subject in enumerate(comparison.subjects) if in_strip(subject)),
    )
    place.board.take_line(x(0), y(0), x(1), y(1), thick=2)
    place.board.take_line(x.start, y(1), x.end, y(1), thick=2)
    place.side.take_line(start, y(1), start + layout.strip, y(1), thick=2)
    for index, subject in enumerate(comparison.subjects):
        _keep_off_map(place, on_map(subject))
        _keep_off_strip(place, index, in_strip(subject))
    return place


def _keep_off_map(place: Place, bands: list[Band]) -> None:
    spots = [place.spot(band) for band in bands]
    for rank, (x, y) in enumerate(spots):
        place.board.taken.append(Box.around(x, y, 1.25 * place.radius(rank, len(spots)) + 2))
    for start, end in itertools.pairwise(spots):
        place.board.take_line(*start, *end)
    for cross in (segment for band in bands for segment in place.cross(band)):
        place.board.take_line(*cross, thick=2)


def _keep_off_strip(place: Place, index: int, bands: list[Band]) -> None:
    for rank, band in enumerate(bands):
        x, y = place.column(index), place.y(value(band, "detail_ratio"))
        place.side.taken.append(Box.around(x, y, 1.25 * place.side_radius(rank, len(bands)) + 2))
        around = ends(band, "detail_ratio")
        if around:
            place.side.take_line(x, place.y(around[0]), x, place.y(around[1]), thick=2)
