"""A constant shift between input and output, read from the phase of the mean cross-spectrum (theory E)."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.measure._base import Sums
from acutance.measure._moments import Pairs, low_cross
from acutance.measure._plane import Plane

__all__ = ["shift_columns", "shift_px", "shift_rows"]

Floats = NDArray[np.float64]

_LARGEST_FREQUENCY = 0.25


def shift_px(plane: Plane, cross_real: Tensor, cross_imag: Tensor) -> tuple[float, float]:
    """Shift (down, right) in px of the output against the input.

    A shift d turns the phase of conj(X) R by -2 pi f d. Started at the peak of the circular cross-correlation, then
    Gauss-Newton on the phase below half of Nyquist, each bin weighted by its cross power.
    """
    cross = torch.complex(cross_real, cross_imag) * (plane.frequency <= _LARGEST_FREQUENCY)
    half = plane.width // 2 + 1
    correlation = torch.fft.irfft2(cross.reshape(plane.height, half), s=(plane.height, plane.width))
    row, column = divmod(int(correlation.argmax()), plane.width)
    shift = torch.tensor([_signed(row, plane.height), _signed(column, plane.width)], dtype=torch.float64)
    axes = torch.stack([plane.fy, plane.fx])
    for _ in range(12):
        turned = cross * torch.exp(2j * math.pi * (shift @ axes))
        weight = turned.real.clamp(min=0.0) * plane.multiplicity
        normal = (axes * weight) @ axes.T
        if float(torch.linalg.det(normal)) <= 0.0:
            return math.nan, math.nan
        step = torch.linalg.solve(normal, -(axes * weight) @ turned.angle() / (2 * math.pi))
        shift = shift + step
        if float(step.abs().max()) < 1e-9:
            break
    return float(shift[0]), float(shift[1])


def _signed(index: int, size: int) -> float:
    return float(index if index <= size // 2 else index - size)


def shift_columns(plane: Plane, low_cross: tuple[Tensor, Tensor]) -> Tensor:
    """(..., 5) per-image sums over the low bins that a small shift's least squares need."""
    fy, fx = plane.fy[plane.low], plane.fx[plane.low]
    m = plane.multiplicity[plane.low] * (plane.frequency[plane.low] <= _LARGEST_FREQUENCY)
    real, imag = low_cross
    return torch.cat(
        [
            imag @ torch.stack([fy * m, fx * m], dim=1),
            real @ torch.stack([fy * fy * m, fy * fx * m, fx * fx * m], dim=1),
        ],
        dim=-1,
    )


def shift_rows(sums: Sums, plane: Plane, pairs: Pairs) -> Floats:
    """(1 + replicates, 2) linearised shift (down, right) in px; good for shifts well below a pixel."""
    low = [low_cross(sums, a, b) for a, b in pairs]
    mean = shift_columns(plane, (torch.stack([c[0] for c in low]).sum(0), torch.stack([c[1] for c in low]).sum(0)))
    columns = (sums["shift"] - mean / sums["count"].clamp(min=1e-9)).numpy()
    iy, ix, yy, yx, xx = np.moveaxis(columns, -1, 0)
    det = yy * xx - yx * yx
    with np.errstate(divide="ignore", invalid="ignore"):
        down, right = -(iy * xx - ix * yx) / det, -(ix * yy - iy * yx) / det
    return np.stack([down, right], axis=-1) / (2 * math.pi)
