"""What independent pixels cost (T7), and how well so many images tell: a jackknife over groups of them (T20)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from acutance.measure._base import Sums
from acutance.measure._moments import Batch
from acutance.measure._plane import Plane
from acutance.measure._workspace import Workspace

__all__ = ["GROUPS", "Independence", "Residuals", "groups_of", "independence", "independence_cost"]

GROUPS: Final = 16
"""Groups that images fall into by their content keys."""


@dataclass(frozen=True)
class Independence:
    """T7 of all bins.

    Attributes:
        value: nats per dimension.
        error: its standard error; NaN where there are too few images.
        groups: how many groups of images it was made from, each left out in turn.
        taken_off: what few images of unequal power had added.
    """

    value: float
    error: float
    groups: int
    taken_off: float


def groups_of(keys: NDArray[np.uint64]) -> Tensor:
    """(n,) group of each image."""
    return torch.from_numpy((keys % np.uint64(GROUPS)).astype(np.int64))


class Residuals:
    """What is left over of the images of one update, added up by groups, float32 but for the low bins."""

    def __init__(self) -> None:
        self._added: dict[str, Tensor] = {}

    def add(self, p: int, a: Tensor, b: Tensor, group: Tensor, work: Workspace) -> None:
        """Add what plane p of each image has left over to its group: parts of bins, and their squares."""
        residual = torch.sub(a, b, out=work.tensor("products", tuple(a.shape), torch.float32))
        self._add(f"e{p}", group, residual)
        self._add("ee", group, residual.square_())

    def _add(self, name: str, group: Tensor, rows: Tensor) -> None:
        if name not in self._added:
            self._added[name] = rows.new_zeros(GROUPS, rows.shape[1])
        self._added[name].index_add_(0, group, rows)

    def add_to(self, sums: Sums, real: Batch, fake: Batch, group: Tensor) -> None:
        """Add all groups to what was seen before.

        The low bins, where a constant offset may be many times what varies, are taken from the batches.
        """
        low = [x - r for x, r in zip(real.low, fake.low, strict=True)]
        for p, rows in enumerate(low):
            sums.add_in_place(f"e{p}", self._with_low(f"e{p}", real.plane, rows, group))
        power = self._with_low("ee", real.plane, torch.stack(low).square().sum(0), group)
        sums.add_in_place("ee", power.view(len(power), -1, 2).sum(2))

    def _with_low(self, name: str, plane: Plane, low: Tensor, group: Tensor) -> Tensor:
        added = low.new_zeros(GROUPS, low.shape[1]).index_add_(0, group, low)
        return self._added[name].double().index_copy_(1, plane.low, added)


def independence(sums: Sums, plane: Plane, planes: range) -> Independence:
    """T7 of all images seen, what unequal images add taken off to first order.

    References:
        Groups of unequal size: Busing, Meijer and van der Leeden 1999; T20.
    """
    sizes = sums["groups"]
    there = torch.nonzero(sizes).flatten().tolist()
    n, largest = int(sizes.sum()), int(sizes.max())
    whole = _cost(sums, plane, planes, there)
    if n - largest < 2:
        return Independence(whole, math.nan, len(there), 0.0)
    without = np.array([_cost(sums, plane, planes, [g for g in there if g != out]) for out in there])
    times = n / sizes[there].numpy()
    value = len(there) * whole - float((1.0 - 1.0 / times) @ without)
    single = times * whole - (times - 1.0) * without
    error = math.sqrt(float(np.mean((single - value) ** 2 / (times - 1.0))))
    return Independence(value, error, len(there), whole - value)


def _cost(sums: Sums, plane: Plane, planes: range, groups: Sequence[int]) -> float:
    """T7 of the images of some groups."""
    n = int(sums["groups"][groups].sum())
    power = sums["ee"][groups].sum(0)
    for p in planes:
        mean = sums[f"e{p}"][groups].sum(0) / n
        power = power - n * mean.square().view(-1, 2).sum(1)
    used = plane.multiplicity > 0
    return independence_cost(power[used], plane.multiplicity[used], n - 1)


def independence_cost(power: Float[Tensor, " bins"], multiplicity: Float[Tensor, " bins"], degrees: float) -> float:
    """Likelihood lost by a white Gaussian decoder, `1/2 [log mean S - mean log S]` nats per dimension (T7).

    The log of a power estimated from few images is too low on average, by `log k - digamma(k)` with k half the degrees
    of freedom; that is taken out exactly (for Gaussian residuals of equal power).

    Args:
        power: residual power S_ee of each stored bin, in any unit.
        multiplicity: how many bins of the full plane each stands for; one that is its own mirror image is real.
        degrees: images minus one.

    Returns:
        Nats per dimension; NaN where some bin has no residual power.

    References:
        Szego 1915, Kolmogorov 1941; T7.
    """
    if bool((power <= 0).any()):
        return math.nan
    share = multiplicity / multiplicity.sum()
    half = degrees * torch.where(multiplicity > 1.5, 1.0, 0.5).double()
    bias = half.log() - torch.digamma(half)
    return 0.5 * float((share @ power).log() - share @ (power.log() + bias))
