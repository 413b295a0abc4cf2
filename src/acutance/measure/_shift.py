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
from acutance.measure._fourier import Bins, Spectra
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
        size = (plane.height, plane.width)
        self.bins = Bins(*size, *(math.floor(_LARGEST_FREQUENCY * side) + 1 for side in size))
        self.weight = self.bins.multiplicity * (self.bins.frequency <= _LARGEST_FREQUENCY)
        place = torch.tensor([_unflatten(int(at), plane.shape) for at in plane.low])
        self._low_bins = Bins(*size, int(place[:, 1].max()) + 1, int(place[:, 3].max()) + 1)
        self._low_shape = (2, self._low_bins.rows, 2, self._low_bins.columns)
        inner = torch.arange(math.prod(self._low_shape)).reshape(self._low_shape)
        self._low_at = inner[tuple(place.T)]
        self._low_kept, self._low_in_bins = self._shared()

    def _shared(self) -> tuple[Tensor, Tensor]:
        """Where bins made of low coefficients alone stand among the low bins, and where among all."""
        low, bins = self._low_bins, self.bins
        inside = low.frequency <= self.plane.frequency[self.plane.low].max()
        row = torch.arange(2 * low.rows)[:, None].expand(-1, low.columns).flatten()
        column = torch.arange(low.columns).repeat(2 * low.rows)
        minus, row = row >= low.rows, row % low.rows
        kept = torch.nonzero(inside & (row < bins.rows) & (column < bins.columns)).flatten()
        return kept, ((row + minus * bins.rows) * bins.columns + column)[kept]

    def products(self, a: Spectra, b: Spectra) -> tuple[Tensor, Tensor]:
        """Per image (n, 5) sums over the low bins, and (2, bins): conj(A) B summed over the batch, float64."""
        low = self._low_products(a.low, b.low)
        all_of_it = self.bins.cross(self._products(a.all, b.all).sum(1).double())
        all_of_it[:, self._low_in_bins] = self._low_bins.cross(low.sum(1))[:, self._low_kept]
        return self._columns(low), all_of_it

    def _products(self, a: Tensor, b: Tensor) -> Tensor:
        return self.bins.products(*(side.view(-1, *self.plane.shape) for side in (a, b)))

    def _low_products(self, a: Tensor, b: Tensor) -> Tensor:
        grids = (x.new_zeros(len(x), math.prod(self._low_shape)).index_copy_(1, self._low_at, x) for x in (a, b))
        return self._low_bins.products(*(grid.view(-1, *self._low_shape) for grid in grids))

    def _columns(self, products: Tensor) -> Tensor:
        return torch.bmm(products.flatten(2), self._moments).sum(0)

    @functools.cached_property
    def _moments(self) -> Tensor:
        """(4, low pairs, 5): what each of the products adds to the five sums."""
        bins = self._low_bins
        m, fy, fx = bins.multiplicity * (bins.frequency <= _LARGEST_FREQUENCY), bins.fy, bins.fx
        size = 4 * bins.rows * bins.columns
        units = torch.eye(size, dtype=torch.float64).view(size, 4, bins.rows, bins.columns).movedim(1, 0)
        real, imag = bins.cross(units)
        first, second = torch.stack([fy, fx], 1), torch.stack([fy * fy, fy * fx, fx * fx], 1)
        return torch.cat([(imag * m) @ first, (real * m) @ second], 1).view(4, -1, 5)

    def rows(self, sums: Sums, pairs: Pairs) -> Floats:
        """(1 + replicates, 2) linearised shift (down, right) in px; good for shifts well below a pixel."""
        low = torch.stack([self._low_products(sums[f"{a}.low"], sums[f"{b}.low"]) for a, b in pairs]).sum(0)
        columns = (sums["shift"] - self._columns(low) / sums["count"].clamp(min=1e-9)).numpy()
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
        means = torch.stack([self._products(mean_of(sums, a, n), mean_of(sums, b, n)) for a, b in pairs]).sum((0, 2))
        real, imag = (sums["cross"] - n * self.bins.cross(means)) / (n - 1)
        cross = torch.complex(real, imag)
        shift, axes = self._peak(cross), torch.stack([self.bins.fy, self.bins.fx])
        for _ in range(12):
            turned = cross * torch.exp(2j * math.pi * (shift @ axes))
            weight = turned.real.clamp(min=0.0) * self.weight
            normal = (axes * weight) @ axes.T
            if float(torch.linalg.det(normal)) <= 0.0:
                return math.nan, math.nan
            step = torch.linalg.solve(normal, -(axes * weight) @ turned.angle() / (2 * math.pi))
            shift = shift + step
            if float(step.abs().max()) < 1e-9:
                break
        turned = cross * torch.exp(2j * math.pi * (shift @ axes))
        if not float(turned.real @ self.weight) > _AGREE * float(turned.abs() @ self.weight):
            return math.nan, math.nan
        return float(shift[0]), float(shift[1])

    def _peak(self, cross: Tensor) -> Tensor:
        """Where the circular cross-correlation is largest, to a pixel."""
        height, width = self.plane.height, self.plane.width
        y, x = (self.bins.fy * height).round().long() % height, (self.bins.fx * width).round().long()
        used = self.weight > 0
        full = torch.zeros(height, width, dtype=torch.complex128)
        full[y[used], x[used]] = cross[used]
        full[-y[used], -x[used]] = cross[used].conj()
        row, column = divmod(int(torch.fft.ifft2(full).real.argmax()), width)
        return torch.tensor([_signed(row, height), _signed(column, width)], dtype=torch.float64)


def _unflatten(index: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(k) for k in np.unravel_index(index, shape))


def _signed(index: int, size: int) -> float:
    return float(index if index <= size // 2 else index - size)


@functools.lru_cache(maxsize=16)
def shift_for(plane: Plane) -> Shift:
    """The shift of images of this size, made once."""
    return Shift(plane)
