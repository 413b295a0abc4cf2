"""From what each seed found to an effect, its interval, and what is decided.

Two things make an effect uncertain: which images it was measured on, and which seed trained the nets. The images are
the same for every seed, so their share is taken from the bootstrap replicates of the mean over seeds, and the seeds'
share from the spread over seeds. The variances add; the quantile is the average of both Student's quantiles, weighed by
the variances (Cochran 1964). Satterthwaite's degrees of freedom would be too many by chance where seeds are few: with
two of them its 95 % intervals hold in 87 % of cases, these in 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, final

import numpy as np

from acutance.claims._cell import Rows
from acutance.stats import REPLICATES, student_quantile

__all__ = ["ALPHA", "Bound", "Decision", "Effect", "decide", "effect_of"]

ALPHA = 0.05
_TINY = 1e-12
_LEAST_P = 1e-12
_HALVINGS = 60
_IMAGES = REPLICATES - 1.0
"""Degrees of freedom of a variance made of bootstrap replicates."""

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
        of_seeds: variance of the mean that other seeds would make; NaN where one seed cannot tell.
        of_images: variance of the mean that other images would make.
        seeds: how many there were.
    """

    value: float
    of_seeds: float
    of_images: float
    seeds: int

    @property
    def error(self) -> float:
        """The standard error; NaN with one seed."""
        return math.sqrt(self.of_seeds + self.of_images)

    def interval(self) -> tuple[float, float]:
        """The 95 % interval, not corrected for other effects; NaN where it cannot be stated."""
        if self.seeds < 2:
            return math.nan, math.nan
        half = self._quantile(0.025) * self.error
        return self.value - half, self.value + half

    def above(self, level: float) -> float:
        """One-sided p-value of "the true effect is at most `level`"."""
        if math.isinf(level):
            return 0.0 if level < 0 else 1.0
        if self.seeds < 2:
            return 1.0
        t = (self.value - level) / max(self.error, _TINY)
        tail = self._tail(abs(t))
        return tail if t > 0 else 1.0 - tail

    def below(self, level: float) -> float:
        """One-sided p-value of "the true effect is at least `level`"."""
        return replace(self, value=-self.value).above(-level)

    def _quantile(self, tail: float) -> float:
        """Standard errors that the mean exceeds the truth by with probability `tail`, 0 to .5."""
        variance = max(self.of_seeds + self.of_images, _TINY**2)
        share = self.of_seeds / variance if self.of_seeds else 0.0
        few, many = student_quantile(1.0 - tail, self.seeds - 1.0), student_quantile(1.0 - tail, _IMAGES)
        return share * few + (1.0 - share) * many if self.of_images else few

    def _tail(self, t: float) -> float:
        """The inverse of `_quantile`, by bisection of the exponent; not below 1e-12."""
        low, high = math.log(_LEAST_P), math.log(0.5)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._quantile(math.exp(middle)) > t else (low, middle)
        return math.exp((low + high) / 2)


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
    shortest = min(len(rows) for rows in per_seed)
    of_images = 0.0
    if shortest > 2:
        replicates = np.mean([rows[1:shortest] for rows in per_seed], axis=0)
        of_images = float(np.nanvar(replicates, ddof=1))
    of_seeds = float(values.var(ddof=1)) / count if count > 1 else math.nan
    return Effect(value=float(values.mean()), of_seeds=of_seeds, of_images=of_images, seeds=count)


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
