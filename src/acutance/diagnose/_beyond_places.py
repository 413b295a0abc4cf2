"""What is wrong with samples and with a training loss, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acutance.diagnose._cause import Advice, Effect, Sampled, loss_causes, samples_causes
from acutance.diagnose._diagnosis import Evidence, Prescription, SamplesCause, Verdict
from acutance.diagnose._gradient_audit import GradientAudit

__all__ = ["judged_samples", "wired"]


def judged_samples(view: Sampled) -> tuple[tuple[SamplesCause, ...], list[Prescription]]:
    """What samples show, and what to do about what is present."""
    found, advised = [], []
    for name, cause in samples_causes():
        if not cause.applies(view):
            continue
        effect = cause.contrast(view)
        verdict = _samples_verdict(effect, cause.null_db)
        found.append(
            SamplesCause(
                cause=name,
                effect_db=effect.db.value,
                low=effect.db.low,
                high=effect.db.high,
                verdict=verdict,
                cure=cause.cure,
                evidence=effect.evidence,
            )
        )
        if verdict == "present":
            advised.append(_without_prediction(name, cause.advice(view), effect.evidence))
    return tuple(found), advised


def _without_prediction(cause: str, advice: Advice, evidence: Sequence[Evidence]) -> Prescription:
    return Prescription(
        cause=cause,
        change=advice.change,
        because=" ".join(one.words for one in evidence),
        coherence=np.nan,
        detail_ratio=np.nan,
        will_not=advice.will_not,
    )


def _samples_verdict(effect: Effect, null: float) -> Verdict:
    if effect.db.low > -null:
        return "absent"
    return "present" if effect.decided and effect.db.high < -null else "undecided"


def wired(audit: GradientAudit | None) -> list[Prescription]:
    """What to do about a loss that does not train what it should."""
    asked = [] if audit is None else [(name, cause, audit) for name, cause in loss_causes()]
    return [
        _without_prediction(name, cause.advice(audit), cause.evidence(audit))
        for name, cause, audit in asked
        if cause.verdict(audit) == "present"
    ]
