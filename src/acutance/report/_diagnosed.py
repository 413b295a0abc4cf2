"""What the page shows of a diagnosis, ready for the templates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from acutance.diagnose._diagnosis import Diagnosis, Evidence, Location, Prescription
from acutance.diagnose._gradient_audit import GradientAudit, TermReach
from acutance.diagnose._record import Comparison
from acutance.report._causes import CauseWords, cause_words
from acutance.report._numbers import MISSING, interval_text, number_text, percent_text
from acutance.report._select import finest, paired, scale_text, value
from acutance.report._stages import StageTable, stage_table
from acutance.report.figures.losses import budget, losses
from acutance.report.figures.response import response_scale
from acutance.report.figures.waterfall import NARROW, WIDE

__all__ = ["Diagnosed", "Effect", "Fix", "Ground", "Lost", "alone", "diagnosed"]

_LEAST_SHOWN = 0.005


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A quantity before and after a change."""

    title: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Fix:
    """A prescription, with what it is predicted to do to the finest octave."""

    words: CauseWords
    prescription: Prescription
    effects: tuple[Effect, ...]


@dataclass(frozen=True, kw_only=True)
class Lost:
    """A location with its words and numbers.

    Attributes:
        location: as it was found.
        words: what it is called.
        around: the interval of its share.
        effects: what putting it right does, as title, number, interval.
        bands: its share of each octave's loss, as what the octave holds, the share, its words.
        grounds: what the verdict rests on.
    """

    location: Location
    words: CauseWords
    around: str
    effects: tuple[tuple[str, str, str], ...]
    bands: tuple[tuple[str, float, str], ...]
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Something that was measured, and its numbers as text."""

    words: str
    numbers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """A table of loss terms and the parts that they reach.

    Attributes:
        parts: the columns.
        rows: a term, then for each part its share of the gradient there, its words, and whether it is detached.
    """

    parts: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[float, str, bool], ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Diagnosed:
    """A diagnosis on a page.

    Attributes:
        index: the subject's place among the subjects of the page.
        found: the diagnosis.
        lost: its locations.
        worth: those of them that a summary shows.
        fixes: its prescriptions.
        samples: its samples causes with their words.
        losses: the waterfall of explained detail, wide and narrow.
        budget: the waterfall of decibels, wide and narrow.
        response: the scale of the response index.
        stages: the pictures.
    """

    index: int
    found: Diagnosis
    lost: tuple[Lost, ...]
    worth: tuple[Lost, ...]
    fixes: tuple[Fix, ...]
    samples: tuple[tuple[CauseWords, tuple[Ground, ...]], ...]
    losses: tuple[tuple[str, Markup], ...]
    budget: tuple[tuple[str, Markup], ...]
    response: Markup
    stages: StageTable | None

    @property
    def wiring(self) -> Wiring | None:
        """Which loss term reaches which part; None where that was not looked at."""
        return _wiring(self.found.audit) if self.found.audit is not None else None

    @property
    def name(self) -> str:
        """The subject's."""
        return self.found.subject.name

    @property
    def lost_share(self) -> float:
        """How much of the real detail its places lost together, without the price of inventing."""
        return sum(location.explained.value for location in self.found.locations)

    @property
    def sound(self) -> bool:
        """Whether no place loses more than healthy models do."""
        return all(location.verdict == "absent" for location in self.found.locations)

    @property
    def paired(self) -> bool:
        """Whether there are reconstructions to set beside their originals."""
        return bool(paired(self.found.subject))

    @property
    def verdict(self) -> str:
        """`present` where any of its causes is, else `undecided` where any is, else `absent`."""
        found = [one.verdict for one in self.found.locations] + [one.verdict for one in self.found.samples]
        return next((verdict for verdict in ("present", "undecided") if verdict in found), "absent")

    @property
    def cures(self) -> tuple[tuple[CauseWords, str], ...]:
        """What helps, in general words, against each cause that is present."""
        named = [(one.location, one.verdict, one.cure) for one in self.found.locations]
        named += [(one.cause, one.verdict, one.cure) for one in self.found.samples]
        return tuple((cause_words(name), cure) for name, verdict, cure in named if verdict == "present")

    def start(self, columns: Sequence[int]) -> int:
        """The first of these columns that the pictures of the stages have."""
        there = len(self.stages.rows[0].pictures) if self.stages is not None else 0
        return next((column for column in columns if column < there), 0)


def diagnosed(comparison: Comparison, diagnoses: Sequence[Diagnosis]) -> tuple[Diagnosed, ...]:
    """The diagnoses in the order of the subjects that they are of.

    Args:
        comparison: the page's subjects.
        diagnoses: of some of them, by their names.
    """
    known = {found.subject.name: found for found in diagnoses}
    named = [(i, subject.name) for i, subject in enumerate(comparison.subjects)]
    return tuple(_diagnosed(i, known[name]) for i, name in named if name in known)


def alone(diagnosis: Diagnosis, made: dict[str, Any] | None = None) -> Comparison:
    """The one diagnosed subject as what a page is made of.

    Args:
        diagnosis: what was found out.
        made: how it was made.
    """
    name = diagnosis.subject.name
    if diagnosis.explained is not None:
        question = f"Where did {name} lose its detail?"
    else:
        question = (
            f"How much detail is left in {name}?" if paired(diagnosis.subject) else f"What do samples of {name} lack?"
        )
    originals = next((stage.images for stage in diagnosis.stages if stage.stage == "data"), None)
    if originals is None:
        data = diagnosis.data
        originals = np.zeros((0, data.height, data.width, data.channels), np.uint8)
    return Comparison(
        data=diagnosis.data,
        originals=originals,
        subjects=(diagnosis.subject,),
        answer=diagnosis.answer,
        made=made or {},
        question=question,
    )


def _diagnosed(index: int, found: Diagnosis) -> Diagnosed:
    lost = tuple(_lost(found, location) for location in found.locations)
    layouts = (WIDE, NARROW)
    return Diagnosed(
        index=index,
        found=found,
        lost=lost,
        worth=tuple(one for one in lost if one.location.share >= _LEAST_SHOWN or one.location.verdict == "present"),
        fixes=tuple(_fix(found, prescription) for prescription in found.prescriptions),
        samples=tuple((cause_words(one.cause), _grounds(one.evidence)) for one in found.samples),
        losses=tuple((layout.name, losses(found, f"losses-{index}", layout)) for layout in layouts),
        budget=tuple((layout.name, budget(found, f"budget-{index}", layout)) for layout in layouts),
        response=response_scale(found.subject.response, f"response-{index}", index),
        stages=stage_table(found),
    )


def _lost(found: Diagnosis, location: Location) -> Lost:
    told = (
        ("explained detail", location.explained),
        ("coherence", location.coherence),
        ("detail ratio", location.detail_ratio),
    )
    bands = zip(paired(found.subject), location.by_band, strict=False)
    return Lost(
        location=location,
        words=cause_words(location.location),
        around=_percents(location.low, location.high),
        effects=tuple((title, _signed(e.value), interval_text(e.low, e.high)) for title, e in told),
        bands=tuple(
            (scale_text(band), share if math.isfinite(share) else 0.0, percent_text(share)) for band, share in bands
        ),
        grounds=_grounds(location.evidence),
    )


def _wiring(audit: GradientAudit) -> Wiring:
    rows = tuple((term, tuple(_reached(audit.at(term, part)) for part in audit.parts)) for term in audit.terms)
    return Wiring(parts=audit.parts, rows=rows)


def _reached(one: TermReach) -> tuple[float, str, bool]:
    if one.reach == "reaches":
        return one.share, percent_text(one.share), False
    words = {"detached": "detached: trains nothing", "elsewhere": MISSING, "zero": "a gradient of 0"}
    return 0.0, words[one.reach], one.reach == "detached"


def _fix(found: Diagnosis, prescription: Prescription) -> Fix:
    top = finest(paired(found.subject))
    own = [value(top, name) if top else math.nan for name in ("coherence", "detail_ratio")]
    was = own if prescription.averaged is None else prescription.averaged
    told = zip(("coherence", "detail ratio"), was, (prescription.coherence, prescription.detail_ratio), strict=True)
    effects = tuple(
        Effect(title=title, before=number_text(before), after=number_text(after))
        for title, before, after in told
        if math.isfinite(after)
    )
    return Fix(words=cause_words(prescription.cause), prescription=prescription, effects=effects)


def _grounds(evidence: Sequence[Evidence]) -> tuple[Ground, ...]:
    return tuple(
        Ground(
            words=one.words,
            numbers=tuple((name.replace("_", " "), number_text(number)) for name, number in one.numbers.items()),
        )
        for one in evidence
    )


def _percents(low: float, high: float) -> str:
    return f"{percent_text(low)} to {percent_text(high)}" if math.isfinite(low) and math.isfinite(high) else ""


def _signed(number: float) -> str:
    return ("+" if number > 0 else "") + number_text(number)
