"""Second moments per cell, with the dataset's mean image removed, for the data and for every bootstrap replicate."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.measure._base import Sums
from acutance.measure._fourier import Spectra
from acutance.measure._images import Channels, as_planes
from acutance.measure._plane import Plane

__all__ = [
    "Pairs",
    "add_side",
    "centred",
    "low_products",
    "mean_of",
    "sides_of",
    "total",
    "weighted_sums",
]

Floats = NDArray[np.float64]
Pairs = list[tuple[str, str]]


def sides_of(plane: Plane, images: Tensor, channels: Channels) -> list[Spectra]:
    """The spectra of each plane of a batch (N, C, H, W)."""
    planes = images if images.shape[1] == 1 else as_planes(images, channels)
    return [plane.transform(planes[:, p]) for p in range(planes.shape[1])]


def total(plane: Plane, spectra: Spectra) -> Tensor:
    """Sum over the batch per coefficient, float64."""
    return spectra.all.sum(0).double().index_copy_(0, plane.low, spectra.low.sum(0))


def weighted_sums(sums: Sums, name: str, weights: Tensor, columns: Tensor) -> None:
    """Add sum_i w_ib columns_i, shape (1 + replicates, columns): row 0 is the data as they are."""
    sums.add(name, weights.T @ columns)


def add_side(sums: Sums, name: str, plane: Plane, side: Spectra, weights: Tensor) -> None:
    """Add what the removal of the mean image needs: sums per coefficient, and replicate sums of the low ones."""
    sums.add(f"{name}.mean", total(plane, side))
    weighted_sums(sums, f"{name}.low", weights, side.low)


def centred(sums: Sums, plane: Plane, power: str, pairs: Pairs, count: str) -> Floats:
    """Unbiased covariance of two populations' spectra, summed per cell: (1 + replicates, cells), power per image.

    `(sum w A B - (sum w A) (sum w B) / sum w) / (sum w) * n / (n - 1)`; beyond the low coefficients the replicates use
    the mean image of the data as they are.

    Args:
        sums: what `add_side` and `weighted_sums` added up.
        plane: the frequency plane.
        power: name of the weighted cell sums of A B.
        pairs: names (A, B) of each channel plane.
        count: name of the weighted number of images.
    """
    weight = sums[count]
    n = int(weight[0, 0])
    low = _added(low_products(sums, a, b) for a, b in pairs) @ plane.low_cells / weight.clamp(min=1e-9)
    high = _added(plane.folded(mean_of(sums, a, n), mean_of(sums, b, n)) for a, b in pairs)
    result = sums[power] - low - plane.sum_cells(high, low.new_zeros(1, len(plane.low))) * weight
    return np.asarray((result * (n / (n - 1) / weight)).numpy())


def _added(parts: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(parts)).sum(0)


def low_products(sums: Sums, a: str, b: str) -> Tensor:
    """(sum w A) (sum w B) of the low coefficients, (1 + replicates, low)."""
    return sums[f"{a}.low"] * sums[f"{b}.low"]


def mean_of(sums: Sums, name: str, n: int) -> Tensor:
    """Coefficients of the mean image."""
    return sums[f"{name}.mean"] / n
