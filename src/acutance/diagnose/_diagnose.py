"""One subject, diagnosed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from acutance.data import ImageSet
from acutance.diagnose._diagnosis import Diagnosis, Effort
from acutance.models import Subject

__all__ = ["Progress", "diagnose"]

Progress = Callable[[str, float], None]
"""Told what is being done, in a few words, and the share of all work that is behind, 0 ... 1."""


def diagnose(
    subject: Subject,
    images: ImageSet,
    *,
    name: str,
    fit_images: ImageSet | None = None,
    effort: Effort = "fast",
    seed: int = 0,
    cache: Path | None = None,
    progress: Progress = lambda doing, share: None,
    warnings: tuple[str, ...] = (),
) -> Diagnosis:
    """Where a subject lost detail, what its decoder did about that, and what to change (theory C).

    Args:
        subject: whatever it can do is used: encode and decode, generate, prior, preprocess, decoder_copy. Not altered.
        images: held out from its training, in its own shape.
        name: shown to readers.
        fit_images: what refits learn from, e.g. its training images; without them no refit is made.
        effort: `fast` takes forward passes and short optimisation, `full` adds refits.
        seed: of every draw.
        cache: a folder for what interventions found; a second call with the same arguments reads it.
        progress: told of progress; may raise to stop, and the cache then holds all that was finished.
        warnings: of its training, for the record.

    Returns:
        The diagnosis; the same arguments give the same.

    Raises:
        SubjectError: the subject can do nothing that could be diagnosed, or its images have another shape.
        MeasureError: too few images.
    """
    raise NotImplementedError
