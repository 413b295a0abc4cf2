"""`synthetic:edges?n=2000&s=6&seed=0`: a step edge at a random place (O1), 64 px; answers: `EdgeAnswers`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from acutance.data._item import Listing, Options
from acutance.data._query import parameters
from acutance.data.sources._drawn import drawn
from acutance.data.synthetic.edges import edges

__all__ = ["listing"]


@dataclass(frozen=True, kw_only=True)
class _Parameters:
    n: int = 2000
    s: float = 6.0
    seed: int = 0


def listing(argument: str, options: Options) -> Listing:
    """`n` edges whose place has the standard deviation `s` pixels around the middle."""
    given = parameters("synthetic:edges", argument, _Parameters)
    size = options.size or 64

    def draw(n: int, rng: torch.Generator) -> tuple[Tensor, Any]:
        return edges(n, size, rng, s_px=given.s)

    with_size = replace(options, size=size)
    return drawn("edges", draw, n=given.n, seed=given.seed, options=with_size, key=(str(given.s),))
