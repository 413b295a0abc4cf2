"""Second moments per cell, with the dataset's mean image removed, for the data and for every bootstrap replicate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.measure._base import Sums
from acutance.measure._plane import Plane

__all__ = [
    "Pairs",
    "Side",
    "add_side",
    "centred",
    "centred_bins",
    "low_cross",
    "mean_power",
    "sides_of",
    "weighted_sums",
]

Floats = NDArray[np.float64]
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Side:
    """One population's spectra in one batch: planar bins (n, bins) and their low part (n, low bins)."""

    real: Tensor
    imag: Tensor

    def low(self, plane: Plane) -> tuple[Tensor, Tensor]:
        """Real and imaginary part at the low bins."""
        return self.real[:, plane.low], self.imag[:, plane.low]


def sides_of(plane: Plane, planes: Tensor) -> list[Side]:
    """The spectra of each channel plane of (n, p, h, w)."""
    return [Side(*plane.transform(planes[:, p])) for p in range(planes.shape[1])]


def weighted_sums(sums: Sums, name: str, weights: Tensor, columns: Tensor) -> None:
    """Add sum_i w_ib columns_i, shape (1 + replicates, columns): row 0 is the data as they are."""
    sums.add(name, weights.T @ columns)


def add_side(sums: Sums, name: str, plane: Plane, side: Side, weights: Tensor) -> None:
    """Add what the removal of the mean image needs: sums per bin, and replicate sums at the low bins."""
    real, imag = side.low(plane)
    sums.add(f"{name}.mean", torch.stack([side.real.sum(0), side.imag.sum(0)]))
    weighted_sums(sums, f"{name}.low", weights, torch.cat([real, imag], dim=1))


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
    total = sums[power] - low - plane.sum_cells(high[None]) * weight
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
    return np.asarray(plane.sum_cells(power[None])[0].numpy())
