"""Pictures of the same images at each stage of a diagnosis."""

from __future__ import annotations

from acutance.diagnose._assess import picture_indices, to_bytes
from acutance.diagnose._attribute import Attribution
from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Sampled
from acutance.diagnose._diagnosis import StagePictures
from acutance.models import Preprocesses

__all__ = ["stage_pictures"]

_TITLES = {
    "input": "Behind the input pipeline",
    "best_point": "Best latent for each image",
    "continuous": "Quantiser bypassed",
    "mean": "Mean decoded",
    "average_of_draws": "Average of eight draws",
    "sample": "As it is used",
    "adversarial_refit": "Same code, trained with a critic",
}


def stage_pictures(view: Sampled, attribution: Attribution | None) -> tuple[StagePictures, ...]:
    """The images, what each stage that differs from the ones beside it makes of them, and samples.

    Args:
        view: the subject, with the bench that the stages were made on.
        attribution: what was found on it; None where there was no bench.
    """
    originals = to_bytes(view.images.tensor(picture_indices(view.images)))
    stages = [StagePictures(stage="data", title="Held-out images", images=originals)]
    for stage, title in _TITLES.items() if view.bench is not None and attribution is not None else ():
        assert view.bench is not None and attribution is not None
        if _has(view.bench, stage):
            bench = attribution.judged if stage == "best_point" else view.bench
            pictures = bench.outcome(stage).pictures
            assert pictures is not None
            stages.append(StagePictures(stage=stage.replace("best_point", "best_latent"), title=title, images=pictures))
    if view.bench is None and view.record.reconstructions is not None:
        stages.append(StagePictures(stage="sample", title=_TITLES["sample"], images=view.record.reconstructions))
    if view.record.samples is not None:
        stages.append(StagePictures(stage="prior", title="Drawn from the prior", images=view.record.samples))
    return tuple(stages)


def _has(bench: Bench, stage: str) -> bool:
    """Whether a stage differs from the ones beside it."""
    if stage == "input":
        return isinstance(bench.subject, Preprocesses)
    if stage == "continuous":
        return bench.quantised
    if stage == "best_point":
        return bench.searched > 0
    if stage == "adversarial_refit":
        return stage in bench.made and bool(bench.outcome(stage).numbers)
    if stage == "average_of_draws":
        return bench.stochastic and bench.searched > 0
    return bench.stochastic if stage == "mean" else True
