"""The budget: detail ratio in decibels at nested stages, whose steps add up exactly (theory C)."""

from __future__ import annotations

import numpy as np

from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Sampled
from acutance.diagnose._diagnosis import BudgetStep
from acutance.diagnose._octaves import Floats, estimate
from acutance.measure._sharpness import ratio
from acutance.models import Generates, HasSamples, Preprocesses

__all__ = ["budget"]


def budget(view: Sampled, judged: Bench) -> tuple[BudgetStep, ...]:
    """data, the input pipeline if there is one, best_latent, mean, sample, and prior where samples can be drawn.

    The best latents are those of `judged`, whose decoder shows what the code holds (see `attribute`).

    Each stage's `y` is the power of its outputs over that of the source images, bands weighted. The best latents are of
    some of the images only, so their `y` is that of the sample stage times the ratio of the two on those images.
    """
    bench = view.bench
    assert bench is not None
    sample = bench.outcome("sample").octaves
    source = bench.outcome("whole_way").octaves if isinstance(bench.subject, Preprocesses) else sample
    stages: list[tuple[str, Floats]] = [("data", source.xx)]
    if isinstance(bench.subject, Preprocesses):
        stages.append(("input", bench.outcome("input").octaves.rr))
    stages += [
        ("best_latent", _extended(bench, judged)),
        ("mean", bench.outcome("mean").octaves.rr),
        ("sample", sample.rr),
    ]
    if isinstance(bench.subject, Generates | HasSamples):
        real, fake, _ = view.prior
        stages.append(("prior", source.xx * fake / np.maximum(real, 1e-30)))
    return _steps(stages, source.xx, source.centre, source.effective_n)


def _extended(bench: Bench, judged: Bench) -> Floats:
    """Power of decode(best point) of all images, from the ratio on some."""
    best, some = (judged.outcome(name).octaves for name in ("best_point", "some_used"))
    every = judged.outcome("sample").octaves
    return np.asarray(every.rr * best.rr / np.maximum(some.rr, 1e-30))


def _steps(stages: list[tuple[str, Floats]], xx: Floats, centre: Floats, n: float) -> tuple[BudgetStep, ...]:
    steps: list[BudgetStep] = []
    for name, power in stages:
        level = _decibels(ratio((power * centre).sum(1), (xx * centre).sum(1)))
        bands = _decibels(ratio(power[0], xx[0]))
        found = estimate(level, n)
        steps.append(
            BudgetStep(
                stage=name,
                db=found.value,
                low=found.low,
                high=found.high,
                step_db=found.value - steps[-1].db if steps else found.value,
                by_band=tuple(float(band) for band in bands),
            )
        )
    return tuple(steps)


def _decibels(part: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(10 * np.log10(part))
