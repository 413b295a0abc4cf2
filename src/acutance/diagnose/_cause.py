"""What a cause is: a place, a response or a fault of samples, that one intervention tells from the others."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import ClassVar, Literal

from acutance.catalog import Catalog
from acutance.data import ImageSet
from acutance.diagnose._bench import Bench
from acutance.diagnose._diagnosis import Evidence
from acutance.diagnose._octaves import Floats, Octaves
from acutance.models import Subject

__all__ = ["CAUSES", "Cause", "Contrast", "Control", "Controls", "LocationCause", "locations"]

CAUSES = Catalog("acutance.diagnose.causes", noun="cause", attribute="CAUSE")
"""Every cause, by file name."""

Kind = Literal["location", "response", "samples"]


@dataclass(frozen=True, kw_only=True)
class Control:
    """A small subject with known faults, and images for it."""

    subject: Subject
    images: ImageSet
    fit_images: ImageSet | None = None


@dataclass(frozen=True, kw_only=True)
class Controls:
    """One subject that has the cause and one that has not."""

    sick: Control
    well: Control


class Cause(abc.ABC):
    """A cause of lost or of invented detail, one file each."""

    kind: ClassVar[Kind]
    cure: ClassVar[str]

    @abc.abstractmethod
    def controls(self) -> Controls:
        """A subject that has the cause and one that has not, in closed form where there is one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Contrast:
    """The same images with one thing changed.

    Attributes:
        claim: weighted explained detail that the change brings back, (1 + replicates, bands); by chance below 0.
        whole: what the subject as used has lost on the same images, (1 + replicates,).
        before: as it was.
        after: with the place put right; None where everything behind it would be perfect.
        left: the part, 0 ... 1, of what no intervention brings back that belongs here too, (1 + replicates,).
        evidence: what was seen, in words and numbers.
        decided: whether the intervention could be made at all.
    """

    claim: Floats
    whole: Floats
    before: Octaves
    after: Octaves | None
    left: Floats | float = 0.0
    evidence: tuple[Evidence, ...] = ()
    decided: bool = True


class LocationCause(Cause):
    """A place where detail can be lost (theory C)."""

    kind = "location"
    null: ClassVar[float] = 0.05
    """Explained detail that a healthy subject may gain from the intervention."""

    @abc.abstractmethod
    def applies(self, bench: Bench) -> bool:
        """Whether the subject has such a place."""

    @abc.abstractmethod
    def contrast(self, bench: Bench) -> Contrast:
        """The intervention on this subject."""


def locations() -> list[tuple[str, LocationCause]]:
    """All causes that are places, by name."""
    return [(name, cause) for name, cause in CAUSES if isinstance(cause, LocationCause)]
