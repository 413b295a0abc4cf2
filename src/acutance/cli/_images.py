"""Images for a command: opened with a bar, fitted to a model, and never those it was trained on unless asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from acutance.cli._options import Data
from acutance.cli._terminal import Terminal
from acutance.data import ImageSet, PairSet, TrainingSet, are_pairs, open_source, paired
from acutance.errors import SubjectError
from acutance.models import batch_size
from acutance.subjects import Opened

__all__ = [
    "Apart",
    "apart",
    "batches",
    "either",
    "fitted",
    "held_out",
    "measured_on",
    "opened",
    "shape_text",
    "sized",
    "tried",
    "unseen",
    "unseen_pairs",
]

Mask = NDArray[np.bool_]


def opened(source: str, terminal: Terminal, *, size: int | None, channels: int | None) -> ImageSet:
    """The images of a source."""
    with terminal.progress(f"Reading {source}") as advance:
        return open_source(source, size=size, channels=channels, progress=advance)


def fitted(data: Data, subject: Opened, terminal: Terminal) -> ImageSet:
    """The images at the size and in the channels that a model works on, unless others were asked for.

    Raises:
        SubjectError: the images do not fit the model.
    """
    images = sized(data, subject, terminal)
    tried(subject, images, terminal)
    return images


def sized(data: Data, subject: Opened, terminal: Terminal) -> ImageSet:
    """The images, at the size and in the channels that a model states; not tried on it."""
    channels, height, width = subject.model.shape or (subject.channels, None, None)
    own = height if height == width else None
    return opened(data.data, terminal, size=data.size or own, channels=data.channels or channels)


def tried(subject: Opened, images: ImageSet, terminal: Terminal) -> tuple[str, ...]:
    """Tries a model on some of the images; says what is doubtful, and returns it.

    Raises:
        SubjectError: the images do not fit the model.
    """
    doubts = subject.fit(images)
    for doubt in doubts:
        terminal.warn(f"{subject.text}: {doubt}")
    return doubts


def either(images: ImageSet) -> TrainingSet:
    """The pairs, where a source holds both sides of some; else its images."""
    return paired(images) if are_pairs(images) else images


def unseen(images: ImageSet, subjects: Sequence[Opened], terminal: Terminal) -> ImageSet:
    """The images that no subject was trained on; says what was left out.

    Raises:
        SubjectError: there are none, or nobody knows which they are.
    """
    return apart(images, subjects, terminal).unseen


@final
@dataclass(frozen=True)
class Apart:
    """Images on two sides.

    Attributes:
        unseen: what no subject was trained on.
        seen: the others; None where there are none.
    """

    unseen: ImageSet
    seen: ImageSet | None


def apart(images: ImageSet, subjects: Sequence[Opened], terminal: Terminal) -> Apart:
    """The images that no subject was trained on, and the others; says what was left out.

    Raises:
        SubjectError: all were trained on, or nobody knows which they are.
    """
    keep = _unseen_by_all((images,), subjects, terminal)
    if keep.all():
        return Apart(images, None)
    return Apart(images.take(np.flatnonzero(keep)), images.take(np.flatnonzero(~keep)))


def unseen_pairs(pairs: PairSet, subjects: Sequence[Opened], terminal: Terminal) -> PairSet:
    """The pairs of which no subject was trained on either side; says what was left out.

    Raises:
        SubjectError: there are none, or nobody knows which they are.
    """
    return pairs.take(np.flatnonzero(_unseen_by_all((pairs.input, pairs.target), subjects, terminal)))


def _unseen_by_all(sides: Sequence[ImageSet], subjects: Sequence[Opened], terminal: Terminal) -> Mask:
    """Which places of these sets no subject was trained on; says what is left out."""
    count, source = len(sides[0]), sides[0].source
    what = "images" if len(sides) == 1 else "pairs"
    keep = np.ones(count, dtype=np.bool_)
    for subject in subjects:
        for images in sides:
            keep &= _unseen_by(subject, images, terminal)
    if not keep.any():
        raise SubjectError(
            f"the subjects were trained on all {count:,} {what} of {source!r}, or on variants of them: "
            f"none is held out; give other {what}, or measure on these all the same with --all-images"
        )
    if not keep.all():
        terminal.step(
            f"{(~keep).sum():,} of {count:,} {what} were trained on and are left out; {keep.sum():,} are held out"
        )
    return keep


def measured_on(measured: TrainingSet, images: TrainingSet, subjects: Sequence[Opened], all_images: bool) -> str:
    """How many of the images were measured, and what the subjects have to do with them."""
    if all_images:
        return (
            "all, those trained on too" if len(measured) == len(images) else f"{len(measured):,}, those trained on too"
        )
    unknown = any(subject.trained_on is None for subject in subjects)
    return f"{len(measured):,} of {len(images):,}, none {'known to be ' if unknown else ''}trained on"


def held_out(subjects: Sequence[Opened], all_images: bool) -> bool | None:
    """Whether no subject was trained on what is measured; None where nobody knows."""
    if all_images:
        return False
    return None if any(subject.trained_on is None for subject in subjects) else True


def _unseen_by(subject: Opened, images: ImageSet, terminal: Terminal) -> Mask:
    trained_on = subject.trained_on
    found = None if trained_on is None else trained_on.unseen(images)
    if found is not None:
        return found
    if trained_on is not None and trained_on.source == images.source:
        raise SubjectError(
            f"{subject.text} was trained on {images.source!r}, but the folder does not say on which of its images; "
            "give other images, or measure on all of these with --all-images"
        )
    terminal.warn(f"{subject.text} does not say what it was trained on: these images may be among it")
    return np.ones(len(images), dtype=np.bool_)


def batches(images: ImageSet) -> Iterator[Tensor]:
    """The images in order, (n, C, H, W) in [0, 1], as many at a time as a model takes well."""
    size = batch_size(images.shape)
    for start in range(0, len(images), size):
        yield images.tensor(np.arange(start, min(start + size, len(images))))


def shape_text(shape: tuple[int, int, int]) -> str:
    """Width x height, and grey or colour."""
    channels, height, width = shape
    return f"{width} x {height} px, {'grey' if channels == 1 else 'colour'}"
