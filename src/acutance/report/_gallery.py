"""The pictures of a page: which are shown, in which rows, at which size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from acutance.diagnose._record import Comparison
from acutance.report.pictures import Pixels, data_uri

__all__ = ["INPUT", "REAL", "Gallery", "Strip", "gallery"]

_PIXELS_OF_A_PAGE = 4_000_000
_MOST, _LEAST = 14, 4
REAL, INPUT = -1, -2


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One row of pictures.

    Attributes:
        subject: the subject's place, `REAL` for the held-out originals or `INPUT` for what is translated.
        label: whose pictures they are.
        kind: "original", "reconstruction" or "sample"; of translators "input", "output" or "target".
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
        paired: the originals and their reconstructions, or inputs, outputs and targets, the same picture in the same
            column.
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
    def real(self) -> Strip:
        """The row that the others are held against: originals, or targets."""
        return next(strip for strip in self.paired if strip.subject == REAL)

    @property
    def given(self) -> Strip | None:
        """The row of what is translated."""
        return next((strip for strip in self.paired if strip.subject == INPUT), None)

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
    originals, inputs = comparison.originals, comparison.inputs
    subjects = comparison.subjects
    rows = (
        1
        + (inputs is not None)
        + sum(s.reconstructions is not None for s in subjects)
        + sum(s.samples is not None for s in subjects)
    )
    height, width = originals.shape[1:3]
    count = max(_LEAST, min(_MOST, _PIXELS_OF_A_PAGE // (height * width * rows)))
    real = Strip(subject=REAL, label="Real", kind="original", pictures=_encode(originals, count))
    paired, made, drawn = [real], "reconstruction", []
    if inputs is not None:
        real = replace(real, label="Target", kind="target")
        paired, made = [Strip(subject=INPUT, label="Input", kind="input", pictures=_encode(inputs, count))], "output"
    for i, s in enumerate(subjects):
        if s.reconstructions is not None:
            pictures = _encode(s.reconstructions, count)
            paired.append(Strip(subject=i, label=s.name, kind=made, pictures=pictures))
        if s.samples is not None:
            drawn.append(Strip(subject=i, label=s.name, kind="sample", pictures=_encode(s.samples, count)))
    if inputs is not None:
        paired.append(real)
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
