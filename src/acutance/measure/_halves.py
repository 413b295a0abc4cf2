"""How far numbers of neighbours are apart in two halves of the images, which sets a jackknife right (T17)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["Distances", "true_share"]

_IMAGES: Final = 512
"""Images of each set that are halved: enough, and little beside the neighbours of many."""
_SPLITS: Final = 32
_JACKKNIVES: Final = 4
"""Splits whose jackknives are averaged; they vary little."""


@dataclass(frozen=True)
class Distances:
    """All distances of few images; no image is its own neighbour."""

    real: Float[Tensor, "n n"]
    fake: Float[Tensor, "m m"]
    across: Float[Tensor, "n m"]

    @staticmethod
    def of(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> Distances:
        """Those of two sets."""
        a, b = real.double(), fake.double()
        within_a, within_b = (torch.cdist(x, x).fill_diagonal_(torch.inf) for x in (a, b))
        return Distances(within_a.float(), within_b.float(), torch.cdist(a, b).float())

    def ordered(self, real: Int[Tensor, " n"], fake: Int[Tensor, " m"]) -> Distances:
        """Those of the images in another order."""
        return Distances(self.real[real][:, real], self.fake[fake][:, fake], self.across[real][:, fake])

    def part(self, real: slice, fake: slice) -> Distances:
        """Those of some of the images."""
        return Distances(self.real[real, real], self.fake[fake, fake], self.across[real, fake])


Values = Callable[[Distances], Float[Tensor, " s"]]
Variances = Callable[[Float[Tensor, "n d"], Float[Tensor, "m d"]], Float[Tensor, " s"]]


def true_share(
    real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"], least: int, values: Values, variances: Variances
) -> Float[Tensor, " s"]:
    """What share of their jackknife's variance some numbers really have, as halves of the images tell it.

    Two halves share no image, so half the square of their difference has the variance of one half as its mean, whatever
    the number is. Set against the jackknives of the halves it tells how much too large these are.

    Args:
        real: (n, d) features, in an order that has nothing to do with them.
        fake: (m, d) the same.
        least: images that a half of each set must have; with fewer the share is 1.
        values: the numbers of some images.
        variances: their jackknife's variances.

    References:
        Efron and Stein 1981; T17.
    """
    real, fake = real[:_IMAGES], fake[:_IMAGES]
    near, halves = Distances.of(real, fake), [_halves(len(rows)) for rows in (real, fake)]
    if min(half.stop - half.start for pair in halves for half in pair) < least:
        return torch.ones_like(values(near))
    rng, apart, found = torch.Generator().manual_seed(0), [], []
    for split in range(_SPLITS):
        order = [torch.randperm(len(rows), generator=rng) for rows in (real, fake)]
        mixed, sides = near.ordered(*order), list(zip(*halves, strict=True))
        one, other = (values(mixed.part(*side)) for side in sides)
        apart.append(0.5 * (one - other).square())
        if split < _JACKKNIVES:
            found += [variances(real[order[0][a]], fake[order[1][b]]) for a, b in sides]
    true, jackknife = torch.stack(apart).mean(0), torch.stack(found).mean(0)
    return torch.where(jackknife > 0, true / jackknife, 1.0)


def _halves(n: int) -> tuple[slice, slice]:
    return slice(0, n // 2), slice(n // 2, 2 * (n // 2))
