"""Memorisation: samples that are nearer to a real image than any other real image is."""

from __future__ import annotations

from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.measure._bank import FeatureMeasure
from acutance.measure._base import few_cases, few_images
from acutance.measure._halves import Distances, true_share
from acutance.measure._losses import Estimate, loss_variance
from acutance.measure._neighbours import balls_around, nearest
from acutance.measure._reading import Reading

__all__ = ["MEASURE", "Memorisation"]

_LEAST: Final = 8
"""Images of a half that tells how much of the variance is there."""


@final
class Memorisation(FeatureMeasure):
    """Share of samples that are nearer to their nearest real image than that image's own nearest real neighbour.

    About 1/2 for new draws of the real population at equal n, 1 for copies; give the training set as real. The
    complement is the authenticity of Alaa et al.

    References:
        Alaa et al. 2022; T17.
    """

    def compute(self) -> tuple[Reading, ...]:
        """The share.

        Raises:
            NoDataError: a population is empty.
        """
        real, fake = self.bank.get("real", 3), self.bank.get("fake", 1)
        share, low, high = _memorised(real, fake).interval(float(true_share(real, fake, _LEAST, _value, _variance)))
        n, features = min(len(real), len(fake)), real.shape[1]
        sparse = (f"{len(real)} real images for {features} features: the interval is up to a sixth too narrow",)
        return (
            Reading(
                name="memorised_share",
                value=share,
                unit="ratio",
                better="lower",
                n=n,
                low=low,
                high=high,
                preconditions=(
                    *few_images(n),
                    *few_cases(share, len(fake)),
                    *(sparse if len(real) < 8 * features else ()),
                ),
            ),
        )


def _memorised(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> Estimate:
    """The share, and its variance over the real images by what the loss of each would change (T17).

    Without a real image, samples whose nearest it is fall to their second nearest, and images whose nearest it is get
    farther from the rest, so that more samples are nearer to them than that.
    """
    (near, nearer_of), own = nearest(fake, real, 2), balls_around(real, (1, 2))
    first, second = nearer_of.T
    copied = near[:, 0] < own.square[first, 0]
    follower = own.nearest[second, 0] == first
    without_first = near[:, 1] < torch.where(follower, own.square[second, 1], own.square[second, 0])
    without_next = near[:, 0] < own.square[first, 1]
    who = torch.cat([first, own.nearest[first, 0]])
    gained = torch.cat([without_first & ~copied, without_next & ~copied])
    lost = torch.cat([copied & ~without_first, copied & ~without_next])
    gains, losses = (torch.bincount(who[moved], minlength=len(real)) for moved in (gained, lost))
    return Estimate.share(copied, loss_variance(gains, losses, len(fake)))


def _variance(real: Tensor, fake: Tensor) -> Tensor:
    return torch.tensor([_memorised(real, fake).variance], dtype=torch.float64)


def _value(near: Distances) -> Tensor:
    """The share alone, of few images."""
    found = near.across.min(-2)
    copied = found.values < near.real.amin(-1).gather(-1, found.indices)
    return copied.double().mean(-1, keepdim=True)


MEASURE = Memorisation
