"""How far numbers of neighbours are apart in two halves of the images, which sets a jackknife right (T17)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from acutance.stats import student_quantile

__all__ = ["Distances", "true_share"]

_IMAGES: Final = 512
"""Images of each set that are halved: enough, and little beside the neighbours of many."""
_EXACT: Final = "donot_use_mm_for_euclid_dist"
_SPLITS: Final = 32
_JACKKNIVES: Final = 2
"""Splits whose jackknives are averaged; they vary little."""
_FEW_SPLITS: Final = (student_quantile(0.975, _SPLITS) / NormalDist().inv_cdf(0.975)) ** 2
"""A variance of so many degrees of freedom makes intervals too short by this, squared."""


@dataclass(frozen=True)
class Distances:
    """All distances of few images, or of several choices of them; no image is its own neighbour."""

    real: Float[Tensor, "*splits n n"]
    fake: Float[Tensor, "*splits m m"]
    across: Float[Tensor, "*splits n m"]

    @staticmethod
    def of(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> Distances:
        """Those of two sets."""
        a, b = real.double(), fake.double()
        within_a, within_b, across = (
            torch.cdist(x, y, compute_mode=_EXACT).float() for x, y in ((a, a), (b, b), (a, b))
        )
        return Distances(within_a.fill_diagonal_(torch.inf), within_b.fill_diagonal_(torch.inf), across)

    def among(self, real: Int[Tensor, "splits k"], fake: Int[Tensor, "splits l"]) -> Distances:
        """Those of some of the images, in each split."""
        rows, columns = real[:, :, None], fake[:, None]
        within_real, within_fake = self.real[rows, real[:, None]], self.fake[fake[:, :, None], columns]
        return Distances(within_real, within_fake, self.across[rows, columns])


Values = Callable[[Distances], Float[Tensor, "*splits s"]]
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
    if min(len(real), len(fake)) // 2 < least:
        return torch.ones_like(variances(real, fake))
    near, rng = Distances.of(real, fake), torch.Generator().manual_seed(0)
    sides = list(zip(*(_halves(len(rows), rng) for rows in (real, fake)), strict=True))
    one, other = (values(near.among(*side)) for side in sides)
    true = 0.5 * _FEW_SPLITS * (one - other).square().mean(0)
    jackknife = torch.stack([variances(real[a[i]], fake[b[i]]) for a, b in sides for i in range(_JACKKNIVES)]).mean(0)
    return torch.where(jackknife > 0, true / jackknife, 1.0)


def _halves(n: int, rng: torch.Generator) -> tuple[Int[Tensor, "splits k"], Int[Tensor, "splits k"]]:
    """Which images are in one half, and in the other."""
    orders = torch.stack([torch.randperm(n, generator=rng) for _ in range(_SPLITS)])
    return orders[:, : n // 2], orders[:, n // 2 : 2 * (n // 2)]
