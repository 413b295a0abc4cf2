"""Gradient kurtosis: whether detail is edges or noise."""

from __future__ import annotations

from typing import final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._base import PopulationMeasure, Summed, few_images
from acutance.measure._images import ROLES, as_planes, check_sides
from acutance.measure._keys import content_keys
from acutance.measure._reading import Reading
from acutance.measure._sharpness import ratio
from acutance.stats import percentile_interval, poisson_weights

__all__ = ["MEASURE", "GradientKurtosis"]


@final
class GradientKurtosis(Summed, PopulationMeasure):
    """Kurtosis of luma differences between neighbours, samples over real: 1 where the detail is of the real kind.

    `E g^4 / (E g^2)^2` over all horizontal and vertical differences of a population: 3 for Gaussian noise of any
    spectrum, far more for pictures with edges, so that noise with the right power does not pass as detail: spectra are
    blind to phase, this is not.
    """

    @torch.no_grad()
    def update(self, *, real: Tensor | None = None, fake: Tensor | None = None) -> None:
        """See a batch of either population or of both; their sizes may differ.

        Raises:
            MeasureError: a batch is not (N, C, H, W) float in [0, 1], or sizes differ.
        """
        for role, images in check_sides(real, fake):
            moments = _moments(as_planes(images, "luma")[:, 0].double())
            self.sums.expect(tuple(images.shape[1:]), "gradient kurtosis")
            weights = torch.from_numpy(poisson_weights(content_keys(images)))
            self.sums.add(role, weights.T @ torch.cat([torch.ones(len(images), 1, dtype=torch.float64), moments], 1))

    def compute(self) -> tuple[Reading, ...]:
        """The ratio of the two kurtoses.

        Raises:
            NoDataError: a population is empty.
            MeasureError: the real images are flat.
        """
        for role in ROLES:
            if role not in self.sums:
                raise NoDataError(f"gradient kurtosis was asked for before any {role} image was seen; update {role}=")
        real, fake = (self._kurtosis(role) for role in ROLES)
        if np.isnan(real[0]):
            raise MeasureError("the real images have no gradient at all, so there is nothing to compare with")
        rows = ratio(fake, real)
        n = int(min(self.sums[role][0, 0] for role in ROLES))
        low, high = percentile_interval(rows[1:], n)
        flat = ("the samples have no gradient at all",) if np.isnan(rows[0]) else ()
        return (
            Reading(
                name="gradient_kurtosis_ratio",
                value=float(rows[0]),
                unit="ratio",
                better="one",
                n=n,
                low=float(low),
                high=float(high),
                preconditions=(*few_images(n), *flat),
            ),
        )

    def _kurtosis(self, role: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        count, second, fourth = self.sums[role].T.numpy()
        return np.asarray(ratio(fourth * count, second**2))


def _moments(luma: Float[Tensor, "n h w"]) -> Float[Tensor, "n 2"]:
    """Mean square and mean fourth power of the differences of each image; differences below 1e-6 count as none."""
    steps = [luma.diff(dim=1).flatten(1), luma.diff(dim=2).flatten(1)]
    square = torch.cat(steps, dim=1).square()
    square = torch.where(square > 1e-12, square, 0.0)
    return torch.stack([square.mean(1), square.square().mean(1)], dim=1)


MEASURE = GradientKurtosis
