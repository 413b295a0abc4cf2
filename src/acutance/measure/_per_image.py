"""Measures that are the mean over images of one number per pair."""

from __future__ import annotations

import abc
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from acutance.errors import NoDataError
from acutance.measure._base import PairMeasure, Summed, few_images
from acutance.measure._images import check_pairs
from acutance.measure._keys import content_keys
from acutance.measure._reading import Better, Reading
from acutance.stats import percentile_interval, poisson_weights

__all__ = ["PerImage"]


class PerImage(Summed, PairMeasure, abc.ABC):
    """Mean over images of `score`, with a bootstrap interval.

    A subclass says what it is called and how one pair is scored, nothing else.
    """

    name: ClassVar[str]
    unit: ClassVar[str]
    better: ClassVar[Better]
    version: ClassVar[int] = 1

    @abc.abstractmethod
    def score(self, x: Float[Tensor, "n c h w"], ref: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        """One number per pair; the images are checked."""

    def violated(self) -> tuple[str, ...]:
        """Preconditions of this measure's own that do not hold."""
        return ()

    @torch.no_grad()
    def update(self, x: Tensor, ref: Tensor) -> None:
        """See a batch of outputs and their references.

        Raises:
            MeasureError: a batch is not (N, C, H, W) float in [0, 1], or the two differ in shape.
        """
        x, ref = check_pairs(x, ref)
        if len(x) == 0:
            return
        scores = self.score(x, ref).to(torch.float64)
        self.sums.expect(tuple(x.shape[1:]), self.name)
        weights = torch.from_numpy(poisson_weights(content_keys(ref)))
        self.sums.add("count", weights.sum(0))
        self.sums.add("score", weights.T @ scores)

    def replicates(self) -> NDArray[np.float64]:
        """The mean (first) and its bootstrap replicates.

        Raises:
            NoDataError: no pair was seen.
        """
        if "count" not in self.sums:
            raise NoDataError(f"{self.name} was asked for before any pair was seen; update with at least one")
        count = self.sums["count"]
        return np.asarray(torch.where(count > 0, self.sums["score"] / count, torch.nan).numpy())

    def compute(self) -> tuple[Reading, ...]:
        rows = self.replicates()
        n = int(self.sums["count"][0])
        low, high = percentile_interval(rows[1:], n)
        return (
            Reading(
                name=self.name,
                value=float(rows[0]),
                unit=self.unit,
                better=self.better,
                n=n,
                low=float(low),
                high=float(high),
                version=self.version,
                preconditions=(*few_images(n), *self.violated()),
            ),
        )
