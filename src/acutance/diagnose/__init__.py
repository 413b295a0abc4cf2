"""What a model does to detail: measured, compared, put in words."""

from __future__ import annotations

from acutance.diagnose._answer import answer
from acutance.diagnose._assess import assess, response_verdict
from acutance.diagnose._compare import Subject, compare
from acutance.diagnose._diagnose import Progress, diagnose
from acutance.diagnose._diagnosis import (
    BudgetStep,
    Diagnosis,
    Effort,
    Estimate,
    Evidence,
    Location,
    Prescription,
    SamplesCause,
    StagePictures,
    Verdict,
)
from acutance.diagnose._gradient_audit import GradientAudit, TermReach, audit_gradients, audit_losses
from acutance.diagnose._record import Comparison, DataRecord, Response, SubjectRecord

__all__ = [
    "BudgetStep",
    "Comparison",
    "DataRecord",
    "Diagnosis",
    "Effort",
    "Estimate",
    "Evidence",
    "GradientAudit",
    "Location",
    "Prescription",
    "Progress",
    "Response",
    "SamplesCause",
    "StagePictures",
    "Subject",
    "SubjectRecord",
    "TermReach",
    "Verdict",
    "answer",
    "assess",
    "audit_gradients",
    "audit_losses",
    "compare",
    "diagnose",
    "response_verdict",
]
