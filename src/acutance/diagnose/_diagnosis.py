"""What a diagnosis found: frozen data, from which diagnosis.json and the page are made (theory C)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from acutance.diagnose._gradient_audit import GradientAudit
from acutance.diagnose._record import DataRecord, SubjectRecord

__all__ = [
    "Basis",
    "BudgetStep",
    "Diagnosis",
    "Effort",
    "Estimate",
    "Evidence",
    "Location",
    "Prescription",
    "SamplesCause",
    "StagePictures",
    "Verdict",
]

Effort = Literal["fast", "full"]
Verdict = Literal["present", "absent", "undecided"]
Basis = Literal["predicted", "at_least", "measured"]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One thing that was measured for or against a cause.

    Attributes:
        name: short and fixed, e.g. `best_point`.
        words: what was done and what it showed, one sentence with its numbers.
        numbers: the numbers by name, unrounded; NaN where one is not known.
    """

    name: str
    words: str
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Location:
    """A place where detail can be lost, and how much was.

    Attributes:
        location: one of the locations of theory C, the file name of its cause.
        share: of the lost explained detail `1 - e`, 0 ... 1; the shares of all locations add up to 1.
        low: lower end of the share's 95 % interval.
        high: upper end.
        verdict: whether it is present.
        cure: what helps against it, in general words.
        explained: explained detail e that is lost here, absolute: share times `1 - e`.
        coherence: change of the coherence q when this place is put right, weighted over bands.
        detail_ratio: change of the detail ratio y when it is.
        by_band: share of each band's own loss, low to high; NaN where a band has lost nothing.
        evidence: what the verdict rests on.
    """

    location: str
    share: float
    low: float
    high: float
    verdict: Verdict
    cure: str
    explained: Estimate
    coherence: Estimate
    detail_ratio: Estimate
    by_band: tuple[float, ...]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SamplesCause:
    """Something that is wrong with samples alone.

    Attributes:
        cause: `prior_gap`, `mode_dropping` or `ignored_noise`.
        effect_db: what it changes, in decibels of the detail ratio or of the coverage; negative is a loss.
        low: lower end of the 95 % interval.
        high: upper end.
        verdict: whether it is present.
        cure: what helps.
        evidence: what the verdict rests on.
    """

    cause: str
    effect_db: float
    low: float
    high: float
    verdict: Verdict
    cure: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BudgetStep:
    """One of the nested stages data, best_latent, mean, sample, prior.

    Attributes:
        stage: its name.
        db: the detail ratio there in decibels, `10 log10 y`, bands weighted; 0 for the data.
        low: lower end of the 95 % interval.
        high: upper end.
        step_db: `db` less that of the stage before; all steps add up to the last `db` exactly.
        by_band: the detail ratio of each band in decibels, low to high; -inf where nothing is left.
    """

    stage: str
    db: float
    low: float
    high: float
    step_db: float
    by_band: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class StagePictures:
    """The same images at one stage.

    Attributes:
        stage: `data`, `input` (behind the subject's own pipeline), `best_latent`, `continuous` (quantiser bypassed),
            `mean`, `average_of_draws`, `sample`, `adversarial_refit`; or `prior`, which matches no image.
        title: a few words for a reader.
        images: uint8 (K, H, W, C).
    """

    stage: str
    title: str
    images: Bytes


@dataclass(frozen=True, kw_only=True)
class Prescription:
    """What to change for one present cause.

    Attributes:
        cause: the location, response or samples cause.
        change: what to set to what, in the words of the subject's own configuration.
        because: the measured reason, one sentence.
        coherence: predicted coherence of the finest octave after the change; NaN where nothing can be predicted.
        detail_ratio: predicted detail ratio of the finest octave after the change; likewise.
        will_not: what it will not do.
        basis: what these two rest on: `predicted`; `at_least`, where training is known to bring more; or `measured`,
            where the change was made.
        averaged: coherence and detail ratio of the finest octave before the change, where the subject invents: of what
            its code holds, shown by a decoder that averages, which is what the prediction is for. None for others.
    """

    cause: str
    change: str
    because: str
    coherence: float
    detail_ratio: float
    will_not: str
    basis: Basis = "predicted"
    averaged: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Where a subject lost detail, what it did about that, and what to change.

    Attributes:
        subject: the subject as measured: bands, curves, readings, response, pictures.
        data: the images.
        effort: `fast` or `full`.
        seed: of every draw.
        explained: explained detail e of the subject as used, weighted over bands; None without reconstructions.
        locations: from the largest share down, those that apply; empty without reconstructions.
        price: explained detail that the decoder pays for inventing, in no location's share; None where it does not.
        samples: causes that samples show.
        budget_db: the nested stages; empty without reconstructions.
        stages: pictures of the same images, `data` first.
        prescriptions: the most useful first; empty where nothing is present.
        answer: two or three plain sentences.
        audit: which loss term reaches which part of the subject; None for one that does not tell its losses.
        warnings: what changes the answer: too few images, latents that did not converge, ...
        unplaced: why no location is told, in words; empty where they are.
    """

    subject: SubjectRecord
    data: DataRecord
    effort: Effort
    seed: int
    explained: Estimate | None
    locations: tuple[Location, ...]
    price: Estimate | None
    samples: tuple[SamplesCause, ...]
    budget_db: tuple[BudgetStep, ...]
    stages: tuple[StagePictures, ...]
    prescriptions: tuple[Prescription, ...]
    answer: str
    audit: GradientAudit | None = None
    warnings: tuple[str, ...] = ()
    unplaced: str = ""

    def location(self, name: str) -> Location | None:
        """The location called `name`, or None where it does not apply."""
        return next((found for found in self.locations if found.location == name), None)
