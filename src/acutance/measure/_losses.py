"""How much a share of neighbours varies with the images that the balls are made of (T17)."""

from __future__ import annotations

from typing import Final

from jaxtyping import Num
from torch import Tensor

__all__ = ["GROWTH", "effective_cases", "loss_variance"]

GROWTH: Final = 0.7
"""Share of a loss variance that is there where growing balls make up most of it: how far a ball grows is up to the next
image more than to the one that is gone. From simulation, see docs/precision.md."""


def loss_variance(gains: Num[Tensor, " n"], losses: Num[Tensor, " n"], size: int) -> float:
    """Variance of a count over `size`, by the images whose loss changes it: a jackknife less its counting noise (T17).

    Each image's change is itself counted on a sample, so that it varies from image to image even where all images
    matter alike: as counts do, by its own mean.

    Args:
        gains: (n,) how many cases are counted in addition once an image is gone.
        losses: (n,) how many are then no longer counted.
        size: what the count is divided by.
    """
    gains, losses = gains.double(), losses.double()
    spread = float((gains - losses).var(correction=0)) - float((gains + losses).mean())
    return max(0.0, spread) * len(gains) / size**2


def effective_cases(share: float, n: int, others: float) -> float:
    """How many independent cases would vary as much as these n do if `others` is the rest of their variance."""
    own = share * (1.0 - share) / n
    return n * own / (own + others) if own > 0.0 else n
