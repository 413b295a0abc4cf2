"""`synthetic:gaussian-field?n=2000&exponent=2&contrast=0.1&seed=0`: Gaussian fields of known power (O2, O3), 32 px.

The answers are a `FieldAnswers`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from acutance.data._item import Listing, Options
from acutance.data._query import parameters
from acutance.data.sources._drawn import drawn
from acutance.data.synthetic.gaussian_field import gaussian_field

__all__ = ["listing"]


@dataclass(frozen=True, kw_only=True)
class _Parameters:
    n: int = 2000
    exponent: float = 2.0
    contrast: float = 0.1
    seed: int = 0


def listing(argument: str, options: Options) -> Listing:
    """`n` fields with power `~ f^-exponent` and pixels of standard deviation `contrast` around 1/2."""
    given = parameters("synthetic:gaussian-field", argument, _Parameters)
    size = options.size or 32

    def draw(n: int, rng: torch.Generator) -> tuple[Tensor, Any]:
        return gaussian_field(n, size, rng, exponent=given.exponent, contrast=given.contrast)

    key = (str(given.exponent), str(given.contrast))
    return drawn("gaussian_field", draw, n=given.n, seed=given.seed, options=replace(options, size=size), key=key)
