"""Vendi score: the effective number of different samples."""

from __future__ import annotations

import math
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.measure._bank import FeatureMeasure
from acutance.measure._base import few_images
from acutance.measure._reading import Reading

__all__ = ["MEASURE", "VendiScore", "vendi"]

_Z: Final = 1.959964
_TINY: Final = 1e-15


def vendi(features: Float[Tensor, "n d"], about: Float[Tensor, "m d"]) -> tuple[float, float]:
    """`exp(-sum l log l)` of the eigenvalues l of the cosine kernel over n, and its standard error.

    The eigenvalues are those of the d x d matrix `S = U^T U / n` of unit vectors u about the centre, so no n x n matrix
    is made. One more image moves the entropy by `-u^T (log S) u` less its mean, and by what it moves the centre:
    `2/n sum (I - u u^T) (log S) u / |x - centre|` times the step.

    Args:
        features: (n, d).
        about: (m, d) features whose mean is the centre; `features` themselves, or independent of them.

    References:
        Friedman and Dieng 2023.
    """
    points, around = features.double(), about.double()
    centre = around.mean(0)
    length = torch.linalg.vector_norm(points - centre, dim=1, keepdim=True).clamp(min=_TINY)
    unit = (points - centre) / length
    values, vectors = torch.linalg.eigh(unit.T @ unit / len(unit))
    logs = (vectors * values.clamp(min=_TINY).log()) @ vectors.T
    entropy = -float((values.clamp(min=_TINY) * values.clamp(min=_TINY).log()).sum())
    along = torch.linalg.vecdot(unit @ logs, unit)
    pull = 2.0 * ((unit @ logs - along[:, None] * unit) / length).mean(0)
    of_centre = (around - centre) @ pull
    parts = (of_centre - along,) if about is features else (of_centre, -along)
    variance = sum(float(part.var(correction=0)) / len(part) for part in parts)
    return math.exp(entropy), math.exp(entropy) * math.sqrt(variance)


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
        sets = {"vendi_score": vendi(fake, real), "vendi_score_real": vendi(real, real)}
        n = min(len(real), len(fake))
        few = (f"{len(real)} images for {real.shape[1]} features: the interval is up to 15 % too narrow",)
        narrow = few if len(real) < 2 * real.shape[1] else ()
        readings = []
        for name, (value, error) in sets.items():
            readings.append(
                Reading(
                    name=name,
                    value=value,
                    unit="images",
                    better="higher" if name == "vendi_score" else "none",
                    n=n,
                    low=value - _Z * error,
                    high=value + _Z * error,
                    preconditions=(*few_images(n), *narrow),
                )
            )
        return tuple(readings)


MEASURE = VendiScore
