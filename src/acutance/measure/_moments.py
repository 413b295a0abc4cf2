"""Second moments per cell, with the dataset's mean image removed, for the data and for every bootstrap replicate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.measure._base import Sums
from acutance.measure._plane import Plane, Spectra

__all__ = [
    "Pairs",
    "Products",
    "add_side",
    "centred",
    "centred_bins",
    "low_cross",
    "mean_power",
    "product",
    "sides_of",
    "turn",
    "weighted_sums",
]

Floats = NDArray[np.float64]
Pairs = list[tuple[str, str]]


def sides_of(plane: Plane, planes: Tensor) -> list[Spectra]:
    """The spectra of each channel plane of (n, p, h, w)."""
    return [plane.transform(planes[:, p]) for p in range(planes.shape[1])]


@dataclass(frozen=True)
class Products:
    """Re (or Im) of conj(A) B per image: all bins in float32, the low bins in float64."""

    bins: Tensor
    low: Tensor

    def total(self, plane: Plane) -> Tensor:
        """Sum over the batch per bin, (bins,) float64."""
        return _with_low(plane, self.bins, self.low)

    def cells(self, plane: Plane) -> Tensor:
        """(n, cells) float64."""
        return plane.sum_cells(self.bins, self.low)


def product(a: Spectra, b: Spectra) -> Products:
    """Re conj(A) B."""
    bins = (a.real * b.real).addcmul_(a.imag, b.imag)
    return Products(bins, a.low_real * b.low_real + a.low_imag * b.low_imag)


def turn(a: Spectra, b: Spectra) -> Products:
    """Im conj(A) B."""
    bins = (a.real * b.imag).addcmul_(a.imag, b.real, value=-1)
    return Products(bins, a.low_real * b.low_imag - a.low_imag * b.low_real)


def _with_low(plane: Plane, bins: Tensor, low: Tensor) -> Tensor:
    return bins.sum(0).double().index_copy_(0, plane.low, low.sum(0))


def weighted_sums(sums: Sums, name: str, weights: Tensor, columns: Tensor) -> None:
    """Add sum_i w_ib columns_i, shape (1 + replicates, columns): row 0 is the data as they are."""
    sums.add(name, weights.T @ columns)


def add_side(sums: Sums, name: str, plane: Plane, side: Spectra, weights: Tensor) -> None:
    """Add what the removal of the mean image needs: sums per bin, and replicate sums at the low bins."""
    parts = ((side.real, side.low_real), (side.imag, side.low_imag))
    sums.add(f"{name}.mean", torch.stack([_with_low(plane, bins, low) for bins, low in parts]))
    weighted_sums(sums, f"{name}.low", weights, torch.cat([side.low_real, side.low_imag], dim=1))


def centred(sums: Sums, plane: Plane, power: str, pairs: Pairs, count: str) -> Floats:
    """Unbiased covariance of two populations' spectra, summed per cell: (1 + replicates, cells), power per image.

    `(sum w conj(A) B - conj(sum w A) (sum w B) / sum w) / (sum w) * n / (n - 1)`; beyond the low bins the replicates
    use the mean image of the data as they are.

    Args:
        sums: what `add_side` and `weighted_sums` added up.
        plane: the frequency plane.
        power: name of the weighted cell sums of Re conj(A) B.
        pairs: names (A, B) of each channel plane.
        count: name of the weighted number of images.
    """
    weight = sums[count]
    n = int(weight[0, 0])
    low = _added(low_cross(sums, a, b)[0] for a, b in pairs) @ plane.low_cells / weight.clamp(min=1e-9)
    high = _added(_mean_products(sums, a, b, n)[0] for a, b in pairs) * plane.is_high
    total = sums[power] - low - _cells_of(plane, high) * weight
    return np.asarray((total * (n / (n - 1) / weight)).numpy())


def _added(parts: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(parts)).sum(0)


def low_cross(sums: Sums, a: str, b: str) -> tuple[Tensor, Tensor]:
    """Real and imaginary part of conj(sum w A) (sum w B) at the low bins, each (1 + replicates, low bins)."""
    (a_real, a_imag), (b_real, b_imag) = (sums[f"{s}.low"].chunk(2, dim=1) for s in (a, b))
    return a_real * b_real + a_imag * b_imag, a_real * b_imag - a_imag * b_real


def _mean_products(sums: Sums, a: str, b: str, n: int) -> Tensor:
    """(2, bins): real and imaginary part of conj(mean A) mean B."""
    (a_real, a_imag), (b_real, b_imag) = (sums[f"{s}.mean"] / n for s in (a, b))
    return torch.stack([a_real * b_real + a_imag * b_imag, a_real * b_imag - a_imag * b_real])


def centred_bins(sums: Sums, power: str, pairs: Pairs, n: int, part: int = 0) -> Tensor:
    """Unbiased covariance per stored bin, (bins,); part 0 real, 1 imaginary."""
    mean = _added(_mean_products(sums, a, b, n)[part] for a, b in pairs)
    return (sums[power] - n * mean) / (n - 1)


def mean_power(sums: Sums, plane: Plane, pairs: Pairs, n: int) -> Floats:
    """Power of the mean image per cell, (cells,)."""
    power = _added(_mean_products(sums, a, a, n)[0] for a, _ in pairs)
    return np.asarray(_cells_of(plane, power)[0].numpy())


def _cells_of(plane: Plane, bins: Tensor) -> Tensor:
    """(1, cells) sums of a quantity per bin, float64 throughout."""
    return plane.sum_cells(bins[None], bins[None, plane.low])
