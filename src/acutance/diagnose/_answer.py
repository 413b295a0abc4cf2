"""The answer in plain sentences, made from the numbers and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from acutance.diagnose._record import SubjectRecord
from acutance.measure import Band

__all__ = ["answer"]

_SEEN = 0.05
"""The verdict is of all octaves; below this the finest alone does not show it."""


def answer(subjects: Sequence[SubjectRecord]) -> str:
    """A sentence or two for each subject, by what its finest octave shows.

    Args:
        subjects: in the order in which they are told.
    """
    return " ".join(_sentence(subject) for subject in subjects)


def _sentence(subject: SubjectRecord) -> str:
    paired = subject.bands.get("sample")
    if paired and subject.response is not None:
        return _reconstructing(subject.name, paired[-1], subject.response.verdict, subject.given)
    prior = subject.bands.get("prior")
    if prior:
        return _generating(subject.name, prior[-1])
    return f"{subject.name} was not measured."


def _reconstructing(name: str, top: Band, verdict: str, given: str) -> str:
    shown, right = _percent(top.values["detail_ratio"]), _percent(top.values["coherence"])
    wanted = "originals" if given == "code" else "targets"
    if verdict == "averaged":
        return (
            f"{name} shows {shown} of the finest detail of the {wanted} while its {given} justifies {right}: "
            f"what the {given} does not say is answered with an average, and that is the blur."
        )
    told = f"{name} shows {shown} while its {given} justifies {right}"
    if abs(top.values["detail_ratio"] - top.values["coherence"]) < _SEEN:
        told = f"{told} of the finest detail, and over all octaves {'more' if verdict == 'invented' else 'less'}"
    if verdict == "invented":
        return f"{told}: it is crisp because the missing detail is invented, not because it is known."
    if verdict == "over-smoothed":
        return f"{told}: the decoder loses detail that the {given} still holds."
    return f"{name} shows {shown} of the finest detail and justifies {right}; these images do not decide more."


def _generating(name: str, top: Band) -> str:
    shown = _percent(top.values["detail_ratio"])
    return f"{name} draws samples with {shown} of the finest detail of real images, and never has to match one of them."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
