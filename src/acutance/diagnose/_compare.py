"""Several subjects on the same held-out images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from acutance import models
from acutance.data import PairSet, TrainingSet
from acutance.diagnose._answer import answer
from acutance.diagnose._assess import assess, data_record, picture_indices, to_bytes
from acutance.diagnose._record import Comparison
from acutance.errors import SubjectError

__all__ = ["Subject", "compare"]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A model and what is known of it.

    Attributes:
        name: shown to readers, unique within a comparison.
        model: whatever reconstructs or draws samples.
        made: how it was made.
        warnings: of its training.
    """

    name: str
    model: models.Subject
    made: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def compare(
    subjects: Sequence[Subject],
    images: TrainingSet,
    *,
    seed: int = 0,
    made: dict[str, Any] | None = None,
    on_subject: Callable[[str], None] = lambda name: None,
) -> Comparison:
    """Measures every subject on the same images with the same seed.

    Args:
        subjects: at least one; all for images of one shape.
        images: held out from their training; pairs for subjects that translate.
        seed: of every draw.
        made: how the comparison was made.
        on_subject: told the name of each subject before it is measured.

    Raises:
        SubjectError: no subject, two of one name, or one for images of another shape.
    """
    names = [subject.name for subject in subjects]
    if not names or len({*names}) < len(names):
        raise SubjectError(f"a comparison needs at least one subject, and every name once; got {names}")
    for subject in subjects:
        if subject.model.shape not in (None, images.shape):
            wanted, came = subject.model.shape, images.shape
            raise SubjectError(
                f"{subject.name} works on images {wanted} (channels, height, width), the data are {came}: "
                "pass --size and --channels that fit"
            )
    records = []
    for subject in subjects:
        on_subject(subject.name)
        found = assess(
            subject.model, images, name=subject.name, seed=seed, made=subject.made, warnings=subject.warnings
        )
        records.append(found)
    shown, sides = picture_indices(images), (images.input, images.target) if isinstance(images, PairSet) else (images,)
    pictures = [to_bytes(side.tensor(shown)) for side in sides]
    return Comparison(
        data=data_record(images),
        originals=pictures[-1],
        inputs=pictures[0] if len(pictures) > 1 else None,
        subjects=tuple(records),
        answer=answer(records),
        made=made or {},
    )
