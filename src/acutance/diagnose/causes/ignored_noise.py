"""The model has noise to draw from and does not use it.

What it is:
    Two outputs for one input are alike where many would be right.
Why it blurs:
    With a squared error such outputs are the average; with a critic they are one sharp guess (T12).
How it is tested:
    `rho = E|r1 - r2|^2 / (2 D*)`: 1 for a posterior sampler, 0 where noise is ignored (T11), in decibels.
Confounders:
    D* is that of the outputs' own mean; where the mean is off, rho is too low.

References:
    T11, T12. Isola et al. 2017; Zhu et al. 2017 (BicycleGAN).
"""

from __future__ import annotations

import math

import torch

from acutance.diagnose._bench import Bench
from acutance.diagnose._cause import Advice, Controls, Effect, Sampled, SamplesCause
from acutance.diagnose._diagnosis import Estimate, Evidence
from acutance.diagnose._linear_subject import control, level_of
from acutance.measure import noise_use

__all__ = ["CAUSE", "IgnoredNoise"]

_LEAST = 1e-4


class IgnoredNoise(SamplesCause):
    """Noise that changes nothing."""

    cure = "let the noise reach every resolution, or train with a loss that rewards diversity (flow matching, CVAE)"
    null_db = 3.0

    def applies(self, view: Sampled) -> bool:
        return view.bench is not None and view.bench.by_chance

    def contrast(self, view: Sampled) -> Effect:
        assert view.bench is not None
        rho = noise_use(view.bench.input, _two(view.bench)).reading("noise_use")
        ends = (10 * math.log10(max(value, _LEAST)) for value in (rho.value, rho.low, rho.high))
        words = f"Two outputs from one code differ by {rho.value:.2f} of what a posterior sampler's would (T11)."
        evidence = Evidence(name="noise_use", words=words, numbers={"rho": rho.value})
        return Effect(db=Estimate(value=next(ends), low=next(ends), high=next(ends)), evidence=(evidence,))

    def advice(self, view: Sampled) -> Advice:
        return Advice(
            change="give the decoder its noise at every resolution and train it to match a distribution, not a target",
            will_not="It will not make a single output more faithful; by T6 it costs squared error.",
        )

    def controls(self) -> Controls:
        level = level_of(0.5)
        return Controls(
            sick=control(level=level, drawn=0.02),
            well=control(level=level, drawn=1.0),
        )


def _two(bench: Bench) -> tuple[torch.Tensor, torch.Tensor]:
    latents, shape = bench.noisy(1.0), bench.images.shape
    first = torch.cat(list(bench.probe.decode(latents, shape, draws=1)))
    mean = torch.cat(list(bench.probe.decode(latents, shape, draws=2)))
    return first, (2 * mean - first).clamp(0, 1)


CAUSE = IgnoredNoise()
