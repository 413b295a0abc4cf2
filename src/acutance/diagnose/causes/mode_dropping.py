"""Samples leave out kinds of images.

What it is:
    The samples lie among the real images, but real images lie far from all samples.
Why it blurs:
    It does not; but sharp samples of few kinds look better than they are.
How it is tested:
    Coverage against its value for samples that are real images, `1 - 2^-k` (O5), in decibels; decided only where the
    samples are as precise as real images, for samples that are off cover nothing either.
Confounders:
    Samples of low fidelity; too few images for neighbours.

References:
    O5, O7. Naeem et al. 2020; Kynkaanniemi et al. 2019.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from acutance.diagnose._cause import Advice, Control, Controls, Effect, Sampled, SamplesCause
from acutance.diagnose._diagnosis import Estimate, Evidence
from acutance.diagnose._linear_subject import field_images

__all__ = ["CAUSE", "ModeDropping"]

_EXPECTED = 1 - 2.0**-5
_LEAST = 1e-4
_PRECISE = 0.7


class ModeDropping(SamplesCause):
    """Kinds of images that are never drawn."""

    cure = "a relativistic or packed critic, R1 and R2 penalties, larger batches; check the prior"
    null_db = 2.0

    def applies(self, view: Sampled) -> bool:
        return view.record.reading("coverage") is not None

    def contrast(self, view: Sampled) -> Effect:
        coverage, precision = view.record.reading("coverage"), view.record.reading("precision")
        assert coverage is not None
        ends = (10 * math.log10(max(share, _LEAST) / _EXPECTED) for share in _ends(coverage))
        kept = math.nan if precision is None else precision.value
        words = f"{100 * coverage.value:.0f} % of the real images have a sample near them; {100 * kept:.0f} % of the "
        evidence = Evidence(
            name="coverage",
            words=f"{words}samples lie among real images.",
            numbers={"coverage": coverage.value, "precision": kept},
        )
        db = Estimate(value=next(ends), low=next(ends), high=next(ends))
        return Effect(db=db, evidence=(evidence,), decided=kept > _PRECISE)

    def advice(self, view: Sampled) -> Advice:
        return Advice(
            change="use a relativistic critic with R1 and R2 penalties, and check how many modes are drawn",
            will_not="It will not make samples sharper.",
        )

    def controls(self) -> Controls:
        images, _ = field_images(300)
        drawn = field_images(600, 1)[0].tensor()
        return Controls(
            sick=Control(subject=_Memory(drawn[:4]), images=images),
            well=Control(subject=_Memory(drawn), images=images),
        )


def _ends(reading: Any) -> tuple[float, float, float]:
    return reading.value, reading.low, reading.high


@final
@dataclass(frozen=True, eq=False)
class _Memory:
    """Draws from a list of images."""

    kept: Tensor
    family: str = "memory"

    @property
    def device(self) -> torch.device:
        """Where the images are."""
        return self.kept.device

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the images."""
        channels, height, width = self.kept.shape[1:]
        return channels, height, width

    def facts(self) -> dict[str, float]:
        """None."""
        return {}

    def configuration(self) -> dict[str, Any]:
        """None."""
        return {}

    def count_parameters(self) -> int:
        """What is kept."""
        return self.kept.numel()

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """n of the images, with a little noise."""
        drawn = self.kept[torch.randint(len(self.kept), (n,), generator=generator)]
        return (drawn + 0.01 * torch.randn(drawn.shape, generator=generator)).clamp(0, 1)


CAUSE = ModeDropping()
