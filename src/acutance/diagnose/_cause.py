"""What a cause is: a place, a response, a fault of samples or of training, that one look tells from the others."""

from __future__ import annotations

import abc
import functools
from dataclasses import dataclass
from typing import ClassVar, Literal

from acutance.catalog import Catalog
from acutance.data import ImageSet
from acutance.diagnose._bench import Bench
from acutance.diagnose._diagnosis import Basis, Estimate, Evidence, Prescription, Verdict
from acutance.diagnose._gradient_audit import GradientAudit
from acutance.diagnose._octaves import Floats, Octaves
from acutance.diagnose._record import Response, SubjectRecord
from acutance.diagnose._samples import prior_octaves
from acutance.measure import Band
from acutance.models import Subject

__all__ = [
    "CAUSES",
    "Advice",
    "Cause",
    "Contrast",
    "Control",
    "Controls",
    "Effect",
    "LocationCause",
    "LossCause",
    "ResponseCause",
    "Sampled",
    "SamplesCause",
    "locations",
    "loss_causes",
    "response_causes",
    "samples_causes",
]

CAUSES = Catalog("acutance.diagnose.causes", noun="cause", attribute="CAUSE")
"""Every cause, by file name."""

Kind = Literal["location", "response", "samples", "loss"]


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


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to do about a cause.

    Attributes:
        change: what to set to what, in the words of the subject's own configuration.
        will_not: what it will not do.
        coherence: predicted coherence of the finest octave; None where the contrast's own `after` predicts it.
        detail_ratio: predicted detail ratio of the finest octave, likewise.
        basis: what these two rest on.
    """

    change: str
    will_not: str
    coherence: float | None = None
    detail_ratio: float | None = None
    basis: Basis = "predicted"


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
        doubt: explained detail beyond the cause's null that the change may bring in this very subject without a fault.
    """

    claim: Floats
    whole: Floats
    before: Octaves
    after: Octaves | None
    left: Floats | float = 0.0
    evidence: tuple[Evidence, ...] = ()
    decided: bool = True
    doubt: float = 0.0


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

    @abc.abstractmethod
    def advice(self, bench: Bench) -> Advice:
        """What to change in this subject."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sampled:
    """What a samples cause is shown.

    Attributes:
        subject: whatever it can do.
        images: held-out images.
        record: the subject as measured, readings of its samples among them.
        bench: where the subject encodes and decodes; else None.
        seed: of every draw.
    """

    subject: Subject
    images: ImageSet
    record: SubjectRecord
    bench: Bench | None
    seed: int

    @functools.cached_property
    def prior(self) -> tuple[Floats, Floats, Floats]:
        """Power of the images and of as many samples per octave, (1 + replicates, bands), and the bands' centres."""
        return prior_octaves(self.subject, self.images, self.seed)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a samples cause costs, in decibels; negative is a loss.

    Attributes:
        db: the effect with its interval.
        evidence: what was seen.
        decided: whether something else could not have made it.
    """

    db: Estimate
    evidence: tuple[Evidence, ...]
    decided: bool = True


class SamplesCause(Cause):
    """Something that is wrong with what is drawn (theory C)."""

    kind = "samples"
    null_db: ClassVar[float] = 1.0
    """Decibels that a good subject may lose."""

    @abc.abstractmethod
    def applies(self, view: Sampled) -> bool:
        """Whether the subject can have it."""

    @abc.abstractmethod
    def contrast(self, view: Sampled) -> Effect:
        """How much it has of it."""

    @abc.abstractmethod
    def advice(self, view: Sampled) -> Advice:
        """What to change in this subject."""


class ResponseCause(Cause):
    """What a decoder does about detail that it does not know (theory C)."""

    kind = "response"

    @abc.abstractmethod
    def verdict(self, response: Response) -> Verdict:
        """Whether this is what it does, by the interval of the response index."""

    @abc.abstractmethod
    def told(self, response: Response, top: Band) -> str:
        """A sentence about it, with the numbers of the finest octave."""

    def prescription(self, bench: Bench, response: Response) -> Prescription | None:
        """What another loss was seen to do on the same code; None where none was tried, or it showed nothing."""
        return None


class LossCause(Cause):
    """Something that is wrong with how a subject is trained, read off the gradients of its loss (theory C)."""

    kind = "loss"

    @abc.abstractmethod
    def verdict(self, audit: GradientAudit) -> Verdict:
        """Whether it is so."""

    @abc.abstractmethod
    def evidence(self, audit: GradientAudit) -> tuple[Evidence, ...]:
        """What was seen."""

    @abc.abstractmethod
    def advice(self, audit: GradientAudit) -> Advice:
        """What to change in the subject's training."""


def loss_causes() -> list[tuple[str, LossCause]]:
    """All causes that a loss shows, by name."""
    return [(name, cause) for name, cause in CAUSES if isinstance(cause, LossCause)]


def samples_causes() -> list[tuple[str, SamplesCause]]:
    """All causes that samples show, by name."""
    return [(name, cause) for name, cause in CAUSES if isinstance(cause, SamplesCause)]


def response_causes() -> list[tuple[str, ResponseCause]]:
    """All responses, by name."""
    return [(name, cause) for name, cause in CAUSES if isinstance(cause, ResponseCause)]


def locations() -> list[tuple[str, LocationCause]]:
    """All causes that are places, by name."""
    return [(name, cause) for name, cause in CAUSES if isinstance(cause, LocationCause)]
