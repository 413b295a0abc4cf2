"""What a model does to detail: measured, compared, put in words."""

from __future__ import annotations

from acutance.diagnose._answer import answer
from acutance.diagnose._assess import assess, response_verdict
from acutance.diagnose._compare import Subject, compare
from acutance.diagnose._record import Comparison, DataRecord, Response, SubjectRecord

__all__ = [
    "Comparison",
    "DataRecord",
    "Response",
    "Subject",
    "SubjectRecord",
    "answer",
    "assess",
    "compare",
    "response_verdict",
]
