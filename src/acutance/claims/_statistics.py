"""From what each seed found to an effect, its interval, and what is decided.

Two things make an effect uncertain: which images it was measured on, and which seed trained the nets. The images are
the same for every seed, so their share is taken from the bootstrap replicates of the mean over seeds, and the seeds'
share from the spread over seeds; the variances add, with Satterthwaite's degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from acutance.claims._cell import Rows
from acutance.stats import f_tail, student_quantile

__all__ = ["ALPHA", "Bound", "Decision", "Effect", "decide", "effect_of"]

ALPHA = 0.05
_TINY = 1e-12

Outcome = Literal["holds", "fails", "undecided"]


@final
@dataclass(frozen=True)
class Bound:
    """Where an effect has to lie for a statement to hold.

    Attributes:
        low: from here on.
        high: up to here.
    """

    low: float = -math.inf
    high: float = math.inf

    def words(self) -> str:
        """In words, e.g. "above 0.2"."""
        if math.isinf(self.high):
            return f"above {self.low:g}"
        return f"below {self.high:g}" if math.isinf(self.low) else f"{self.low:g} to {self.high:g}"


@final
@dataclass(frozen=True, kw_only=True)
class Effect:
    """A mean over seeds.

    Attributes:
        value: the mean.
        error: its standard error.
        degrees: of freedom of the error; 0 where one seed cannot tell how much seeds differ.
        seeds: how many there were.
    """

    value: float
    error: float
    degrees: float
    seeds: int

    def interval(self) -> tuple[float, float]:
        """The 95 % interval, not corrected for other effects; NaN where it cannot be stated."""
        if not self.degrees > 0:
            return math.nan, math.nan
        half = student_quantile(0.975, self.degrees) * self.error
        return self.value - half, self.value + half

    def above(self, level: float) -> float:
        """One-sided p-value of "the true effect is at most `level`"."""
        if math.isinf(level):
            return 0.0 if level < 0 else 1.0
        if not self.degrees > 0:
            return 1.0
        t = (self.value - level) / max(self.error, _TINY)
        tail = 0.5 * f_tail(t * t, 1.0, self.degrees)
        return tail if t > 0 else 1.0 - tail

    def below(self, level: float) -> float:
        """One-sided p-value of "the true effect is at least `level`"."""
        mirrored = Effect(value=-self.value, error=self.error, degrees=self.degrees, seeds=self.seeds)
        return mirrored.above(-level)


@final
@dataclass(frozen=True)
class Decision:
    """What an effect says of a statement, corrected for how many statements were tested."""

    outcome: Outcome
    p: float


def effect_of(per_seed: Sequence[Rows]) -> Effect:
    """The mean over seeds, with the error that seeds and images make.

    Args:
        per_seed: one (1 + replicates,) for each seed; without replicates only the seeds count.
    """
    values = np.array([rows[0] for rows in per_seed], dtype=np.float64)
    count = len(values)
    of_seeds = float(values.var(ddof=1)) / count if count > 1 else math.nan
    shortest = min(len(rows) for rows in per_seed)
    of_images, images = 0.0, math.inf
    if shortest > 2:
        replicates = np.mean([rows[1:shortest] for rows in per_seed], axis=0)
        of_images, images = float(np.nanvar(replicates, ddof=1)), float(shortest - 2)
    if count < 2:
        return Effect(value=float(values.mean()), error=math.sqrt(of_images), degrees=0.0, seeds=count)
    total = of_seeds + of_images
    weight = of_seeds**2 / (count - 1) + (of_images**2 / images if math.isfinite(images) else 0.0)
    degrees = total**2 / weight if weight > 0 else float(count - 1)
    return Effect(value=float(values.mean()), error=math.sqrt(total), degrees=degrees, seeds=count)


def decide(tested: Sequence[tuple[Effect, Bound]]) -> list[Decision]:
    """What each effect says of its statement, by Holm's step-down over all of them.

    A statement "the effect lies in the bound" holds where both ends are passed (two one-sided tests), and fails where
    one is violated. Each is tested both ways, so its p-value is twice the smaller one.

    References:
        Holm 1979; Schuirmann 1987 for two one-sided tests.
    """
    raw = [_two_sided(effect, bound) for effect, bound in tested]
    order = sorted(range(len(raw)), key=lambda i: raw[i][0])
    corrected, worst = [1.0] * len(raw), 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, raw[i][0] * (len(raw) - rank)))
        corrected[i] = worst
    return [
        Decision(outcome=towards if p < ALPHA else "undecided", p=p)
        for (_, towards), p in zip(raw, corrected, strict=True)
    ]


def _two_sided(effect: Effect, bound: Bound) -> tuple[float, Outcome]:
    holds = max(effect.above(bound.low), effect.below(bound.high))
    fails = min(
        1.0 if math.isinf(bound.low) else effect.below(bound.low),
        1.0 if math.isinf(bound.high) else effect.above(bound.high),
    )
    return min(1.0, 2.0 * min(holds, fails)), "holds" if holds <= fails else "fails"
