"""Measures of pairs that are means over images, or ratios of such means, with bootstrap intervals."""

from __future__ import annotations

import abc
from typing import ClassVar, Final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from acutance.errors import NoDataError
from acutance.measure._base import PairMeasure, Summed, few_images
from acutance.measure._blocks import spans
from acutance.measure._images import check_pairs
from acutance.measure._keys import content_keys
from acutance.measure._reading import Better, Reading
from acutance.stats import percentile_interval, poisson_weights

__all__ = ["PerImage", "Resampled"]

Floats = NDArray[np.float64]

_VALUES: Final = 1 << 18
"""Values of a part of a batch: what is made of them stays near the processor."""


class Resampled(Summed, PairMeasure, abc.ABC):
    """Sums over images of a few numbers per pair, for the data and for every bootstrap replicate.

    A subclass says which numbers (`columns`), what is made of their means (`values`) and in which unit.
    """

    what: ClassVar[str]
    spec: ClassVar[dict[str, tuple[str, Better]]]
    """Unit and direction of each reading, by its name."""
    version: ClassVar[int] = 1

    @abc.abstractmethod
    def columns(self, x: Float[Tensor, "n c h w"], ref: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k"]:
        """The numbers of each pair; the images are checked."""

    @abc.abstractmethod
    def values(self, means: Floats) -> dict[str, Floats]:
        """Each reading (1 + replicates) from the means over images (1 + replicates, k)."""

    def violated(self) -> tuple[str, ...]:
        """Preconditions of this measure's own that do not hold."""
        return ()

    def effective_n(self) -> float:
        """As how many equal pairs those seen count; by default they are equal."""
        return float(self.sums["count"][0])

    @torch.no_grad()
    def update(self, x: Tensor, ref: Tensor) -> None:
        """See a batch of outputs and their references.

        Raises:
            MeasureError: a batch is not (N, C, H, W) float in [0, 1], or the two differ in shape.
        """
        x, ref = check_pairs(x, ref)
        if len(x) == 0:
            return
        self.sums.check(tuple(x.shape[1:]), self.what)
        parts = spans(len(x), max(1, _VALUES // x[0].numel()))
        columns = torch.cat([self.columns(x[rows], ref[rows]).to(torch.float64) for rows in parts])
        self.sums.expect(tuple(x.shape[1:]), self.what)
        weights = torch.from_numpy(poisson_weights(content_keys(ref)))
        self.sums.add("count", weights.sum(0))
        self.sums.add("columns", weights.T @ columns)

    def rows(self) -> dict[str, Floats]:
        """The value (first) and the bootstrap replicates of every reading, by its name.

        Raises:
            NoDataError: no pair was seen.
        """
        return self.values(self._means())

    def _means(self) -> Floats:
        if "count" not in self.sums:
            raise NoDataError(f"{self.what} was asked for before any pair was seen; update with at least one")
        count = self.sums["count"][:, None]
        return np.asarray(torch.where(count > 0, self.sums["columns"] / count, torch.nan).numpy())

    def compute(self) -> tuple[Reading, ...]:
        return tuple(self._reading(name, rows) for name, rows in self.rows().items())

    def _reading(self, name: str, rows: Floats) -> Reading:
        n = int(self.sums["count"][0])
        unit, better = self.spec[name]
        low, high = percentile_interval(rows[1:], self.effective_n())
        return Reading(
            name=name,
            value=float(rows[0]),
            unit=unit,
            better=better,
            n=n,
            low=float(low),
            high=float(high),
            version=self.version,
            preconditions=(*few_images(n), *self.violated()),
        )


class PerImage(Resampled, abc.ABC):
    """Mean over images of `score`.

    A subclass says what it is called and how one pair is scored, nothing else.
    """

    @abc.abstractmethod
    def score(self, x: Float[Tensor, "n c h w"], ref: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        """One number per pair; the images are checked."""

    def columns(self, x: Float[Tensor, "n c h w"], ref: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 1"]:
        return self.score(x, ref)[:, None]

    def values(self, means: Floats) -> dict[str, Floats]:
        return dict.fromkeys(self.spec, means[:, 0])
