"""A constant shift between input and output, read from the phase of the mean cross-spectrum (theory E)."""

from __future__ import annotations

import functools
import math
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.measure._base import Sums
from acutance.measure._fourier import as_complex, cross
from acutance.measure._moments import Pairs, mean_of
from acutance.measure._plane import Plane

__all__ = ["Shift", "shift_for"]

Floats = NDArray[np.float64]

_LARGEST_FREQUENCY: Final = 0.25
_AGREE: Final = 0.75
"""Share of the cross power that a shift must bring into phase: .2 to .7 where outputs have nothing to do with their
references, over .9 where a third of their amplitude has."""


class Shift:
    """Sums over the bins up to half of Nyquist, and the shift that they tell.

    The mean cross-spectrum over these bins gives the shift; per image five sums over the low bins give, by least
    squares, how it varies between bootstrap replicates.
    """

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        rows, columns = (math.floor(_LARGEST_FREQUENCY * side) + 1 for side in (plane.height, plane.width))
        at = torch.arange(math.prod(plane.shape)).view(plane.shape)
        self._halves = (slice(0, rows), slice(1 - rows, None))
        self._columns = slice(0, columns)
        chosen = torch.cat([at[half, self._columns] for half in self._halves]).flatten()
        self.axes = torch.stack([plane.fy, plane.fx])[:, chosen]
        self.weight = (plane.multiplicity * (plane.frequency <= _LARGEST_FREQUENCY))[chosen]
        self._low_kept, self._low_at = _same(plane.low_bins, chosen)
        weight, fy, fx = (of[plane.low_bins] for of in (plane.multiplicity, plane.fy, plane.fx))
        weight = weight * (plane.frequency[plane.low_bins] <= _LARGEST_FREQUENCY)
        self._first = weight[:, None] * torch.stack([fy, fx], 1)
        self._second = weight[:, None] * torch.stack([fy * fy, fy * fx, fx * fx], 1)

    def summed_cross(self, a: Tensor, b: Tensor) -> Tensor:
        """conj(A) B of the bins up to half of Nyquist, summed over the rows of (n, 2 bins), complex."""
        grids = [as_complex(side).view(-1, *self.plane.shape) for side in (a, b)]
        halves = ([grid[:, half, self._columns] for grid in grids] for half in self._halves)
        return torch.cat([(x.conj() * y).sum(0) for x, y in halves]).flatten()

    def of_batch(self, high: Tensor, low: Tensor) -> tuple[Tensor, Tensor]:
        """Per image (N, 5) sums over the low bins, and the parts (2 bins,) of conj(A) B summed over the batch.

        Args:
            high: sum of `summed_cross` over the batch, complex128; its low bins are not looked at.
            low: (N, low bins) conj(A) B of each image.
        """
        whole = high.index_put((self._low_at,), low.sum(0)[self._low_kept])
        return self._moments(low), torch.view_as_real(whole).flatten()

    def _moments(self, low: Tensor) -> Tensor:
        """(n, 5) of conj(A) B of the low bins: imaginary parts by frequency, real parts by its squares."""
        return torch.cat([low.imag @ self._first, low.real @ self._second], 1)

    def rows(self, sums: Sums, pairs: Pairs) -> Floats:
        """(1 + replicates, 2) linearised shift (down, right) in px; good for shifts well below a pixel."""
        low = torch.stack([cross(sums[f"{a}.low"], sums[f"{b}.low"]) for a, b in pairs]).sum(0)
        columns = (sums["shift"] - self._moments(low) / sums["count"].clamp(min=1e-9)).numpy()
        iy, ix, yy, yx, xx = np.moveaxis(columns, -1, 0)
        det = yy * xx - yx * yx
        with np.errstate(divide="ignore", invalid="ignore"):
            down, right = -(iy * xx - ix * yx) / det, -(ix * yy - iy * yx) / det
        return np.stack([down, right], axis=-1) / (2 * math.pi)

    def px(self, sums: Sums, pairs: Pairs, n: int) -> tuple[float, float]:
        """Shift (down, right) in px of the output against the input; NaN where most phases agree with none.

        A shift d turns the phase of conj(X) R by -2 pi f d. Started at the peak of the circular cross-correlation, then
        Gauss-Newton on the phase below half of Nyquist, each bin weighted by its cross power.
        """
        means = torch.stack([self.summed_cross(mean_of(sums, a, n)[None], mean_of(sums, b, n)[None]) for a, b in pairs])
        found = (as_complex(sums["cross"]) - n * means.sum(0)) / (n - 1)
        shift, axes = self._peak(found), self.axes
        for _ in range(12):
            turned = found * torch.exp(2j * math.pi * (shift @ axes))
            weight = turned.real.clamp(min=0.0) * self.weight
            normal = (axes * weight) @ axes.T
            if float(torch.linalg.det(normal)) <= 0.0:
                return math.nan, math.nan
            step = torch.linalg.solve(normal, -(axes * weight) @ turned.angle() / (2 * math.pi))
            shift = shift + step
            if float(step.abs().max()) < 1e-9:
                break
        turned = found * torch.exp(2j * math.pi * (shift @ axes))
        if not float(turned.real @ self.weight) > _AGREE * float(turned.abs() @ self.weight):
            return math.nan, math.nan
        return float(shift[0]), float(shift[1])

    def _peak(self, cross: Tensor) -> Tensor:
        """Where the circular cross-correlation is largest, to a pixel."""
        height, width = self.plane.height, self.plane.width
        y, x = (self.axes[0] * height).round().long() % height, (self.axes[1] * width).round().long()
        used = self.weight > 0
        full = torch.zeros(height, width, dtype=torch.complex128)
        full[y[used], x[used]] = cross[used]
        full[-y[used], -x[used]] = cross[used].conj()
        row, column = divmod(int(torch.fft.ifft2(full).real.argmax()), width)
        return torch.tensor([_signed(row, height), _signed(column, width)], dtype=torch.float64)


def _same(some: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Where what stands in both stands in either."""
    first, second = torch.nonzero(some[:, None] == others, as_tuple=True)
    return first, second


def _signed(index: int, size: int) -> float:
    return float(index if index <= size // 2 else index - size)


@functools.lru_cache(maxsize=16)
def shift_for(plane: Plane) -> Shift:
    """The shift of images of this size, made once."""
    return Shift(plane)
