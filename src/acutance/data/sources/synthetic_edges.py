"""`synthetic:edges?n=2000&s=6&stacked=1&seed=0`: a step edge at a random place (O1), 64 px; answers: `EdgeAnswers`.

With `stacked=3` each colour has an edge of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from acutance.data._item import Listing, Options
from acutance.data._query import parameters
from acutance.data.sources._drawn import drawn
from acutance.data.synthetic.edges import edges
from acutance.errors import SourceError

__all__ = ["listing"]


@dataclass(frozen=True, kw_only=True)
class _Parameters:
    n: int = 2000
    s: float = 6.0
    stacked: int = 1
    seed: int = 0


def listing(argument: str, options: Options) -> Listing:
    """`n` edges whose place has the standard deviation `s` pixels around the middle, or of three such in one image.

    Raises:
        SourceError: `stacked` is neither 1 nor 3, or what `drawn` raises.
    """
    given = parameters("synthetic:edges", argument, _Parameters)
    if given.stacked not in (1, 3):
        raise SourceError(f"edges are stacked in 3 colours or not at all (1), got stacked={given.stacked}")
    size = options.size or 64

    def draw(n: int, rng: torch.Generator) -> tuple[Tensor, Any]:
        images, answers = edges(n * given.stacked, size, rng, s_px=given.s)
        return images.view(n, given.stacked, size, size), answers

    with_size = replace(options, size=size)
    key = (str(given.s), *([] if given.stacked == 1 else [f"{given.stacked} stacked"]))
    return drawn("edges", draw, n=given.n, seed=given.seed, options=with_size, key=key)
