"""comparison.json and diagnosis.json: the numbers, under fixed names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from acutance.diagnose._answer import answer
from acutance.diagnose._diagnosis import Diagnosis
from acutance.diagnose._record import Comparison, DataRecord, Response, SubjectRecord
from acutance.measure._bands import Band
from acutance.report._findings import findings
from acutance.report._numbers import jsonable

__all__ = ["COMPARISON_SCHEMA", "DIAGNOSIS_SCHEMA", "diagnosis_json", "to_json"]

COMPARISON_SCHEMA = "acutance.comparison/1"
DIAGNOSIS_SCHEMA = "acutance.diagnosis/1"

_BAND_KINDS = ("sample", "mean", "prior")


def to_json(comparison: Comparison, diagnoses: Sequence[Diagnosis] = ()) -> dict[str, Any]:
    """The comparison as plain data: dicts, lists, text, finite numbers and null.

    What was not measured is an empty list or left out; it is never filled in.

    Args:
        comparison: what was found out.
        diagnoses: of some of its subjects, by their names.

    Returns:
        An object of schema `acutance.comparison/1`, whose `subjects` are objects of schema `acutance.diagnosis/1`.
    """
    known = {found.subject.name: found for found in diagnoses}
    subjects = [_subject(subject, comparison.data, known.get(subject.name)) for subject in comparison.subjects]
    document = {
        "schema": COMPARISON_SCHEMA,
        "question": comparison.question,
        "answer": comparison.answer,
        "data": _data(comparison.data),
        "subjects": subjects,
        "made": comparison.made,
    }
    return dict(jsonable(document))


def diagnosis_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis as plain data; the same diagnosis gives the same, whenever and wherever it was made.

    Args:
        diagnosis: what was found out.

    Returns:
        An object of schema `acutance.diagnosis/1`.
    """
    return dict(jsonable(_subject(diagnosis.subject, diagnosis.data, diagnosis)))


def _data(data: DataRecord) -> dict[str, Any]:
    return {
        "source": data.source,
        "images": data.images,
        "height": data.height,
        "width": data.width,
        "channels": data.channels,
        "skipped": list(data.skipped),
    }


def _subject(subject: SubjectRecord, data: DataRecord, diagnosis: Diagnosis | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "schema": DIAGNOSIS_SCHEMA,
        "subject": {"name": subject.name, "family": subject.family, "parameters": subject.parameters},
        "data": _data(data),
        "bands": {kind: [_band(band) for band in subject.bands.get(kind, ())] for kind in _BAND_KINDS},
        "readings": [reading.to_json() for reading in subject.readings],
        "locations": [],
        "samples": [],
        "budget_db": [],
        "warnings": [*subject.warnings, *(diagnosis.warnings if diagnosis is not None else ())],
        "made": subject.made,
    }
    if subject.response is not None:
        document["response"] = _response(subject.response)
    return document | ({"answer": answer([subject])} if diagnosis is None else findings(diagnosis))


def _band(band: Band) -> dict[str, Any]:
    """The band's own JSON, with an empty list for an interval that cannot be stated."""
    document = band.to_json()
    document["interval"] = {name: _interval(band.intervals.get(name)) for name in band.values}
    return document


def _interval(ends: tuple[float, float] | None) -> list[float]:
    return list(ends) if ends is not None and all(map(math.isfinite, ends)) else []


def _response(response: Response) -> dict[str, Any]:
    document: dict[str, Any] = {
        "index": response.index,
        "low": response.low,
        "high": response.high,
        "verdict": response.verdict,
    }
    if response.independence_nats_per_dim is not None:
        document["independence_nats_per_dim"] = response.independence_nats_per_dim
    return document
