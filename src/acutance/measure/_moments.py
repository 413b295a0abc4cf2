"""Second moments per cell, with the dataset's mean image removed, for the data and for every bootstrap replicate."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.measure._base import Sums
from acutance.measure._blocks import spans
from acutance.measure._images import Channels, as_planes, plane_count
from acutance.measure._plane import Plane
from acutance.measure._workspace import Workspace

__all__ = [
    "Batch",
    "Pairs",
    "Powers",
    "add_means",
    "add_population",
    "centred",
    "mean_of",
    "powers_of",
    "weighted_sums",
]

Floats = NDArray[np.float64]
Pairs = list[tuple[str, str]]


class Batch:
    """The spectra of a batch of images, part by part.

    Args:
        plane: of their size.
        images: (N, C, H, W).
        channels: what their grey planes are.
        work: where the spectra of a part are kept.
        name: under which; of batches that are worked on at the same time each has its own.

    Attributes:
        low: of each plane (N, low) parts of the low bins, float64; filled part by part.
        total: of each plane (2 bins,) parts summed over the batch, float64; those of the low bins are not to be used.
    """

    def __init__(self, plane: Plane, images: Tensor, channels: Channels, work: Workspace, name: str = "one") -> None:
        self.plane, self.images, self.channels = plane, images, channels
        self.work, self.name = work, name
        planes = range(plane_count(images.shape[1], channels))
        self.low = [torch.empty(len(images), len(plane.low), dtype=torch.float64) for _ in planes]
        self.total = [torch.zeros(2 * len(plane.frequency), dtype=torch.float64) for _ in planes]

    def part(self, at: slice) -> Iterator[Tensor]:
        """(n, 2 bins) of each plane of some images, one after another: the next overwrites the one before."""
        planes = as_planes(self.images[at], self.channels)
        for p, low in enumerate(self.low):
            parts = self.plane.transform(planes[:, p], self.work, self.name, low[at])
            self.total[p] += parts.sum(0)
            yield parts


class Powers:
    """Re conj(A) B of each image of two batches, planes added, summed over the bins of a cell.

    Attributes:
        name: those of the batches.
    """

    def __init__(self, a: Batch, b: Batch) -> None:
        self.name = a.name + b.name
        self._a, self._b = a, b
        self._high = torch.zeros(len(a.images), a.plane.cells)

    def add(self, at: slice, a: Tensor, b: Tensor) -> None:
        """Add one plane of some images."""
        products = torch.mul(a, b, out=self._a.work.tensor("products", tuple(a.shape), torch.float32))
        self._a.plane.add_cells(self._high[at], products)

    def whole(self) -> Tensor:
        """(N, cells) float64, low bins and all, when all parts were added."""
        low = _added(x * y for x, y in zip(self._a.low, self._b.low, strict=True))
        return torch.addmm(self._high.double(), low, self._a.plane.low_cells)


def weighted_sums(sums: Sums, name: str, weights: Tensor, columns: Tensor) -> None:
    """Add sum_i w_ib columns_i, shape (1 + replicates, columns): row 0 is the data as they are."""
    if name in sums:
        sums[name].addmm_(weights.T, columns)
    else:
        sums.add(name, weights.T @ columns)


def add_means(sums: Sums, name: str, batch: Batch, weights: Tensor) -> None:
    """Add what the removal of the mean image needs: sums per part of a bin, and replicate sums of the low ones."""
    for p, (low, total) in enumerate(zip(batch.low, batch.total, strict=True)):
        sums.add(f"{name}{p}.mean", total.index_copy(0, batch.plane.low, low.sum(0)))
        weighted_sums(sums, f"{name}{p}.low", weights, low)


def powers_of(batch: Batch) -> Tensor:
    """Power per image and cell of a batch, planes added: (N, cells) float64."""
    powers = Powers(batch, batch)
    with torch.inference_mode():
        for at in spans(len(batch.images), batch.plane.at_once):
            for side in batch.part(at):
                powers.add(at, side, side)
    return powers.whole()


def add_population(sums: Sums, name: str, batch: Batch, weights: Tensor) -> None:
    """Add what `centred` needs of a batch: `name.count`, `name.power`, and what `add_means` adds under `name.`."""
    powers = powers_of(batch)
    sums.add(f"{name}.count", weights.sum(0)[:, None])
    weighted_sums(sums, f"{name}.power", weights, powers)
    add_means(sums, f"{name}.", batch, weights)


def centred(sums: Sums, plane: Plane, power: str, pairs: Pairs, count: str) -> Floats:
    """Unbiased covariance of two populations' spectra, summed per cell: (1 + replicates, cells), power per image.

    `(sum w A B - (sum w A) (sum w B) / sum w) / (sum w) * n / (n - 1)`; beyond the low bins the replicates use the
    mean image of the data as they are.

    Args:
        sums: what `add_population` or the like added up.
        plane: the frequency plane.
        power: name of the weighted cell sums of A B.
        pairs: names (A, B) of each channel plane.
        count: name of the weighted number of images.
    """
    weight = sums[count]
    n = int(weight[0, 0])
    low = _added(sums[f"{a}.low"] * sums[f"{b}.low"] for a, b in pairs) @ plane.low_cells / weight.clamp(min=1e-9)
    high = weight.new_zeros(1, plane.cells)
    plane.add_cells(high, _added(mean_of(sums, a, n) * mean_of(sums, b, n) for a, b in pairs)[None])
    return np.asarray(((sums[power] - low - high * weight) * (n / (n - 1) / weight)).numpy())


def _added(parts: Iterable[Tensor]) -> Tensor:
    return functools.reduce(torch.add, parts)


def mean_of(sums: Sums, name: str, n: int) -> Tensor:
    """Parts of the bins of the mean image."""
    return sums[f"{name}.mean"] / n
