"""Vendi score: the effective number of different samples."""

from __future__ import annotations

import math
from typing import Final, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acutance.measure._bank import FeatureMeasure
from acutance.measure._base import few_images
from acutance.measure._reading import Reading

__all__ = ["MEASURE", "VendiScore", "vendi"]

_Z: Final = 1.959964


def vendi(features: Float[Tensor, "n d"]) -> tuple[float, float]:
    """`exp(-sum l log l)` of the eigenvalues l of the cosine kernel over n, and its standard error.

    The eigenvalues are those of the d x d matrix `X^T X / n` of unit vectors, so no n x n matrix is made. One more
    image x moves the entropy by `-x^T (log S) x` less its mean.

    References:
        Friedman and Dieng 2023.
    """
    unit = F.normalize(features.double(), dim=1)
    values, vectors = torch.linalg.eigh(unit.T @ unit / len(unit))
    values = values.clamp(min=1e-15)
    entropy = -float((values * values.log()).sum())
    influence = -((unit @ vectors).square() @ values.log())
    return math.exp(entropy), math.exp(entropy) * float(influence.std(correction=0)) / math.sqrt(len(unit))


@final
class VendiScore(FeatureMeasure):
    """Effective number of different images among the samples, and among the real images beside it.

    Kernel: cosine of the features about the real set's mean (without that, features that are never negative make all
    images alike). Grows with n until all kinds are seen, so it compares at equal n only.

    References:
        Friedman and Dieng 2023.
    """

    def compute(self) -> tuple[Reading, ...]:
        """`vendi_score` of the samples, `vendi_score_real` of the real images.

        Raises:
            NoDataError: a population is empty.
        """
        real, fake = self.bank.get("real").double(), self.bank.get("fake").double()
        centre = real.mean(0)
        sets = {"vendi_score": fake, "vendi_score_real": real}
        n = min(len(real), len(fake))
        readings = []
        for name, features in sets.items():
            value, error = vendi(features - centre)
            readings.append(
                Reading(
                    name=name,
                    value=value,
                    unit="images",
                    better="higher" if name == "vendi_score" else "none",
                    n=n,
                    low=value - _Z * error,
                    high=value + _Z * error,
                    preconditions=few_images(n),
                )
            )
        return tuple(readings)


MEASURE = VendiScore
