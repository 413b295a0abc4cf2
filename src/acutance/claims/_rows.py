"""Small words for what claims do with rows: pick an octave, compare two subjects seed by seed, put dots on a chart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acutance.claims._cell import Found, Rows
from acutance.claims._chart import Dot
from acutance.claims._statistics import effect_of

__all__ = ["detail_of", "difference", "dot", "finest", "of", "ratio"]

Seeds = Sequence[dict[str, Found]]


def of(seeds: Seeds, cell: str, row: str) -> list[Rows]:
    """A single quantity of one cell, for each seed."""
    return [seed[cell][row] for seed in seeds]


def finest(seeds: Seeds, cell: str, row: str) -> list[Rows]:
    """A quantity of the finest octave, for each seed."""
    return [seed[cell][row][:, -1] for seed in seeds]


def difference(first: Sequence[Rows], second: Sequence[Rows]) -> list[Rows]:
    """First minus second; replicates are paired, as both weigh an image alike."""
    return [_paired(a, b, np.subtract) for a, b in zip(first, second, strict=True)]


def ratio(first: Sequence[Rows], second: Sequence[Rows]) -> list[Rows]:
    """First over second, likewise."""
    return [_paired(a, b, np.divide) for a, b in zip(first, second, strict=True)]


def _paired(a: Rows, b: Rows, operation: np.ufunc) -> Rows:
    """Where one has no replicates, its value stands for all of them."""
    return np.asarray(operation(a, b if len(b) in (1, len(a)) else b[:1]), dtype=np.float64)


def dot(x: float, per_seed: Sequence[Rows]) -> Dot:
    """The mean over seeds with its interval."""
    effect = effect_of(per_seed)
    low, high = effect.interval()
    known = bool(np.isfinite([low, high]).all())
    return Dot(x=x, y=effect.value, low=low if known else None, high=high if known else None)


def detail_of(seeds: Seeds, cell: str, choice: str) -> tuple[tuple[float, float], ...]:
    """Coherence and detail ratio of each octave, means over seeds."""
    q, y = (
        np.mean([seed[cell][f"{choice}/{name}"][0] for seed in seeds], axis=0) for name in ("coherence", "detail_ratio")
    )
    return tuple((float(a), float(b)) for a, b in zip(q, y, strict=True))
