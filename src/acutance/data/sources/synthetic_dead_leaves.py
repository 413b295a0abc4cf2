"""`synthetic:dead-leaves?n=1000&r_min=1&seed=0`: discs that hide one another, 32 px; answers: `DeadLeavesAnswers`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from acutance.data._item import Listing, Options
from acutance.data._query import parameters
from acutance.data.sources._drawn import drawn
from acutance.data.synthetic.dead_leaves import dead_leaves

__all__ = ["listing"]


@dataclass(frozen=True, kw_only=True)
class _Parameters:
    n: int = 1000
    r_min: float = 1.0
    seed: int = 0


def listing(argument: str, options: Options) -> Listing:
    """`n` images of discs with radii of density `~ r^-3`, from `r_min` pixels to a quarter of the side."""
    given = parameters("synthetic:dead-leaves", argument, _Parameters)
    size = options.size or 32

    def draw(n: int, rng: torch.Generator) -> tuple[Tensor, Any]:
        return dead_leaves(n, size, rng, r_min_px=given.r_min)

    with_size = replace(options, size=size)
    return drawn("dead_leaves", draw, n=given.n, seed=given.seed, options=with_size, key=(str(given.r_min),))
