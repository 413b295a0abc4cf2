"""What a diagnosis adds to the JSON of a subject."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from acutance.diagnose._diagnosis import BudgetStep, Diagnosis, Estimate, Location, Prescription

__all__ = ["findings"]

_TOP = ("coherence", "detail_ratio")


def findings(diagnosis: Diagnosis) -> dict[str, Any]:
    """Locations, samples causes, budget, prescriptions and the answer, under the names of diagnosis.json."""
    return {
        "effort": diagnosis.effort,
        "seed": diagnosis.seed,
        "explained": _estimate(diagnosis.explained),
        "locations": [_location(found) for found in diagnosis.locations],
        "samples": [asdict(found) for found in diagnosis.samples],
        "budget_db": [_step(step) for step in diagnosis.budget_db],
        "price_of_inventing": _estimate(diagnosis.price),
        "prescriptions": [_prescription(found) for found in diagnosis.prescriptions],
        "answer": diagnosis.answer,
        "unplaced": diagnosis.unplaced,
        "losses": [asdict(one) for one in diagnosis.audit.reaches] if diagnosis.audit is not None else [],
    }


def _estimate(found: Estimate | None) -> dict[str, float] | None:
    return None if found is None else asdict(found)


def _location(found: Location) -> dict[str, Any]:
    return {
        "location": found.location,
        "share": found.share,
        "low": found.low,
        "high": found.high,
        "verdict": found.verdict,
        "cure": found.cure,
        "effect": {
            "explained": _estimate(found.explained),
            "coherence": _estimate(found.coherence),
            "detail_ratio": _estimate(found.detail_ratio),
        },
        "share_by_band": list(found.by_band),
        "evidence": [asdict(one) for one in found.evidence],
    }


def _step(step: BudgetStep) -> dict[str, Any]:
    return {
        "stage": step.stage,
        "db": step.db,
        "low": step.low,
        "high": step.high,
        "step_db": step.step_db,
        "db_by_band": list(step.by_band),
    }


def _prescription(found: Prescription) -> dict[str, Any]:
    return {
        "cause": found.cause,
        "change": found.change,
        "because": found.because,
        "predicted": {"coherence": found.coherence, "detail_ratio": found.detail_ratio},
        "basis": found.basis,
        "averaged_before": None if found.averaged is None else dict(zip(_TOP, found.averaged, strict=True)),
        "will_not": found.will_not,
    }
