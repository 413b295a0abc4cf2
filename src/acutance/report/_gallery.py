"""The pictures of a page: which are shown, in which rows, at which size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acutance.diagnose._record import Comparison
from acutance.report.pictures import Pixels, data_uri

__all__ = ["REAL", "Gallery", "Strip", "gallery"]

_PIXELS_OF_A_PAGE = 4_000_000
_MOST, _LEAST = 14, 4
REAL = -1


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One row of pictures.

    Attributes:
        subject: the subject's place, or `REAL` for the held-out originals.
        label: whose pictures they are.
        kind: "original", "reconstruction" or "sample".
        pictures: `data:` addresses.
    """

    subject: int
    label: str
    kind: str
    pictures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """All pictures of a page.

    Attributes:
        paired: the originals and their reconstructions, the same picture in the same column.
        drawn: samples, one row for each subject that has some.
        heroes: the columns of the pictures of middling error, for the first screen.
        native: the longer side of a picture in pixels.
        columns: how many pictures a row has.
    """

    paired: tuple[Strip, ...]
    drawn: tuple[Strip, ...]
    heroes: tuple[int, ...]
    native: int
    columns: int

    def best(self, subject: int) -> Strip | None:
        """The row that stands for a subject: reconstructions if it has some, else samples."""
        return next((strip for strip in (*self.paired, *self.drawn) if strip.subject == subject), None)

    @property
    def zoom(self) -> int:
        """How much the magnifier enlarges at first: it shows about 32 pixels, or half of a small picture."""
        return min(max(2, self.native // 32), 12)

    def side(self, most: int) -> int:
        """The size to show a picture at: the largest whole multiple of its own up to `most`; `most` if larger."""
        return most if self.native > most else self.native * (most // self.native)


def gallery(comparison: Comparison) -> Gallery:
    """Choose and encode the pictures.

    Args:
        comparison: one or more subjects; those without pictures have no row.
    """
    originals = comparison.originals
    subjects = comparison.subjects
    rows = 1 + sum(s.reconstructions is not None for s in subjects) + sum(s.samples is not None for s in subjects)
    height, width = originals.shape[1:3]
    count = max(_LEAST, min(_MOST, _PIXELS_OF_A_PAGE // (height * width * rows)))
    paired = [Strip(subject=REAL, label="Real", kind="original", pictures=_encode(originals, count))]
    drawn = []
    for i, s in enumerate(subjects):
        if s.reconstructions is not None:
            pictures = _encode(s.reconstructions, count)
            paired.append(Strip(subject=i, label=s.name, kind="reconstruction", pictures=pictures))
        if s.samples is not None:
            drawn.append(Strip(subject=i, label=s.name, kind="sample", pictures=_encode(s.samples, count)))
    columns = max(len(strip.pictures) for strip in (*paired, *drawn))
    return Gallery(
        paired=tuple(paired),
        drawn=tuple(drawn),
        heroes=_middling(comparison, min(count, len(originals))),
        native=max(height, width),
        columns=columns,
    )


def _encode(pictures: Pixels, count: int) -> tuple[str, ...]:
    return tuple(data_uri(picture) for picture in pictures[:count])


def _middling(comparison: Comparison, count: int) -> tuple[int, ...]:
    """The four pictures whose error, averaged over the subjects, is nearest to the median: neither best nor worst."""
    originals = comparison.originals[:count].astype(np.float64)
    errors = np.zeros(len(originals))
    for subject in comparison.subjects:
        if subject.reconstructions is not None and subject.reconstructions[:count].shape == originals.shape:
            errors += ((subject.reconstructions[:count] - originals) ** 2).mean(axis=(1, 2, 3))
    order = np.argsort(errors, kind="stable")
    start = max(0, (len(order) - 4) // 2)
    return tuple(sorted(int(k) for k in order[start : start + 4]))
