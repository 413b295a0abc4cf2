"""One subject, diagnosed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from acutance.data import ImageSet
from acutance.diagnose._assess import assess, data_record, response_verdict
from acutance.diagnose._attribute import Attribution, attribute
from acutance.diagnose._bench import Bench
from acutance.diagnose._beyond_places import judged_samples, wired
from acutance.diagnose._budget import budget
from acutance.diagnose._cause import Sampled, response_causes
from acutance.diagnose._diagnosis import BudgetStep, Diagnosis, Effort, Prescription, SamplesCause
from acutance.diagnose._gradient_audit import GradientAudit, audit_losses
from acutance.diagnose._keep import Keep, fingerprint
from acutance.diagnose._prescribe import prescribe
from acutance.diagnose._probe import CodedSubject, Probe, held_still
from acutance.diagnose._record import Response, SubjectRecord
from acutance.diagnose._stage_pictures import stage_pictures
from acutance.diagnose._stages import trained
from acutance.diagnose._told import told
from acutance.errors import SubjectError
from acutance.models import Encodes, HasLosses, Subject
from acutance.rng import seeded

__all__ = ["Progress", "diagnose"]

Progress = Callable[[str, float], None]
"""Told what is being done, in a few words, and the share of all work that is behind, 0 ... 1."""

_FEW = 100
_NO_GRADIENT = (
    "where the detail was lost is not told: no gradient passes through the decoder (an ONNX graph passes none, nor "
    "does a decode under torch.no_grad), so better latents could not be searched for; open the model as torchscript:, "
    "or as python: with a decode that passes gradients"
)
_NO_CODE = "how much was lost can be seen from the pictures alone; where, only a model that shows its code can tell"
_NO_INPUT = "samples have no original that they could have lost detail of, so no place of it is told"
_AUDITED = 16
_EXPECTED: dict[Effort, int] = {"fast": 17, "full": 20}


def diagnose(
    subject: Subject,
    images: ImageSet,
    *,
    name: str,
    fit_images: ImageSet | None = None,
    effort: Effort = "fast",
    seed: int = 0,
    cache: Path | None = None,
    progress: Progress = lambda doing, share: None,
    warnings: tuple[str, ...] = (),
) -> Diagnosis:
    """Where a subject lost detail, what its decoder did about that, and what to change (theory C).

    Args:
        subject: whatever it can do is used: encode and decode, generate, prior, preprocess, decoder_copy. Not altered.
        images: held out from its training, in its own shape.
        name: shown to readers.
        fit_images: what refits learn from, e.g. its training images; without them they are fitted on one half of the
            images for the other.
        effort: `fast` takes forward passes, short searches and least squares; `full` searches longer and trains a copy
            of the decoder.
        seed: of every draw.
        cache: a folder for what interventions found; a second call with the same arguments reads it.
        progress: told of progress; may raise to stop, and the cache then holds all that was finished.
        warnings: of its training, for the record.

    Returns:
        The diagnosis; the same arguments give the same.

    Raises:
        SubjectError: the subject can do nothing that could be diagnosed, or its images have another shape.
        MeasureError: too few images.
    """
    if subject.shape is not None and subject.shape != images.shape:
        raise SubjectError(
            f"{name} works on images {subject.shape} (channels, height, width), the data are {images.shape}: "
            "pass --size and --channels that fit"
        )
    audit = _audit(subject, images, seed)
    with held_still(subject):
        steps = _Steps(progress, _EXPECTED[effort])
        steps.begin("measuring")
        probe = Probe(subject, seed) if isinstance(subject, Encodes) else None
        record = assess(subject, images, name=name, seed=seed, warnings=warnings, probe=probe)
        bench = None
        if probe is not None and lets_gradients_through(probe.subject, images):
            bench = _bench(probe, images, fit_images, effort, cache, steps)
        found = None if bench is None else attribute(bench)
        view = Sampled(subject=subject, images=images, record=record, bench=bench, seed=seed)
        samples, advised = judged_samples(view)
        return _diagnosis(view, found, samples, [*advised, *wired(audit)], effort, audit)


def lets_gradients_through(subject: CodedSubject, images: ImageSet) -> bool:
    """Whether a gradient passes through the decoder, so that better latents can be searched for.

    Args:
        subject: as it is.
        images: one of them is tried.
    """
    with torch.enable_grad(), seeded(0, "gradient"):
        latents = subject.encode(images.tensor([0]).to(subject.device)).mode.detach().float().requires_grad_(True)
        return subject.decode(latents).requires_grad


def _audit(subject: Subject, images: ImageSet, seed: int) -> GradientAudit | None:
    """Which term of the subject's loss reaches which part; None for one that does not tell its losses."""
    if not isinstance(subject, HasLosses):
        return None
    some = images.tensor(np.arange(min(_AUDITED, len(images)))).to(subject.device)
    with seeded(seed, "losses"):
        return audit_losses(subject, [some])


def _bench(
    probe: Probe,
    images: ImageSet,
    fit_images: ImageSet | None,
    effort: Effort,
    cache: Path | None,
    steps: _Steps,
) -> Bench:
    key = "" if cache is None else f"{fingerprint(probe.subject, images, fit_images)}-{effort}-{probe.seed}"
    return Bench(
        images,
        probe=probe,
        fit_images=fit_images,
        effort=effort,
        keep=Keep(cache, key),
        progress=steps.begin,
    )


@dataclass
class _Steps:
    """Counts what is behind; the number of steps is known only roughly beforehand."""

    progress: Progress
    expected: int
    done: int = -1

    def begin(self, doing: str) -> None:
        self.done += 1
        self.progress(doing.replace("_", " "), min(self.done / self.expected, 0.99))


def _diagnosis(
    view: Sampled,
    found: Attribution | None,
    samples: tuple[SamplesCause, ...],
    advised: Sequence[Prescription],
    effort: Effort,
    audit: GradientAudit | None,
) -> Diagnosis:
    bench, record = view.bench, view.record
    prescriptions = tuple(advised)
    steps: tuple[BudgetStep, ...] = ()
    if bench is not None and found is not None:
        steps = budget(view, found.judged)
        record = replace(record, response=_response(bench, record))
        prescriptions = (*prescribe(found), *advised, *_answered(bench, record))
    explained, locations = (None, ()) if found is None else (found.explained, found.locations)
    unplaced = _unplaced(view)
    return Diagnosis(
        subject=record,
        data=data_record(view.images),
        effort=effort,
        seed=view.seed,
        explained=explained,
        locations=locations,
        price=None if found is None else found.price,
        samples=samples,
        budget_db=steps,
        stages=stage_pictures(view, found),
        prescriptions=prescriptions,
        answer=told(record, explained, locations, prescriptions, unplaced),
        audit=audit,
        unplaced=unplaced,
        warnings=(*_warnings(view, found), *_detached(audit)),
    )


def _unplaced(view: Sampled) -> str:
    """Why no location is told; empty where they are."""
    if view.bench is not None:
        return ""
    if isinstance(view.subject, Encodes):
        return _NO_GRADIENT
    return _NO_CODE if "sample" in view.record.bands else _NO_INPUT


def _detached(audit: GradientAudit | None) -> tuple[str, ...]:
    return tuple(f"the loss term {term} is detached: it trains nothing" for term in (audit.detached if audit else ()))


def _response(bench: Bench, record: SubjectRecord) -> Response | None:
    """The response under the noise that the decoder was trained for; a decoder that draws is shown as it draws."""
    if bench.by_chance or record.response is None:
        return record.response
    index = trained(bench).readings["response_index"]
    verdict = response_verdict(index.low, index.high)
    return replace(record.response, index=index.value, low=index.low, high=index.high, verdict=verdict)


def _answered(bench: Bench, record: SubjectRecord) -> list[Prescription]:
    """What else a decoder of the same code could do about what it does not know."""
    response = record.response
    if response is None:
        return []
    present = [cause for _, cause in response_causes() if cause.verdict(response) == "present"]
    return [advised for cause in present if (advised := cause.prescription(bench, response)) is not None]


def _warnings(view: Sampled, attribution: Attribution | None) -> tuple[str, ...]:
    """What changes the answer."""
    n = len(view.images)
    found = []
    if n < _FEW:
        found.append(f"only {n} images: the intervals are wide, and what they leave undecided more images would decide")
    if view.bench is None and isinstance(view.subject, Encodes):
        found.append(_NO_GRADIENT)
    if view.bench is not None and attribution is not None:
        for bench in (view.bench, attribution.judged):
            found += [warning for name in bench.made for warning in bench.outcome(name).warnings]
        found += _outside(view)
    return tuple(dict.fromkeys(found))


def _outside(view: Sampled) -> list[str]:
    """A subject that takes any size, asked about another than its own."""
    trained_at = view.subject.configuration().get("sample_size")
    _, height, width = view.images.shape
    sides = trained_at if isinstance(trained_at, list | tuple) else [trained_at]
    known = [side for side in sides if isinstance(side, int)]
    if not known or {height, width} <= {*known}:
        return []
    size = " x ".join(map(str, known))
    return [
        f"the subject was made for {size} px and is shown {height} x {width}: what it loses here it may not lose there"
    ]
