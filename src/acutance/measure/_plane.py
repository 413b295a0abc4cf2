"""The frequency plane of one image size: transform, octaves, rings and directions."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError

__all__ = ["DIRECTIONS", "LOW_RADIUS", "Plane", "Spectra", "Window", "plane_for"]

Window = Literal["auto", "hann", "none"]
"""`auto`: Hann for sides of 64 px and more, none below."""

DIRECTIONS: Final = ("horizontal", "vertical", "diagonal")
LOW_RADIUS: Final = 8
"""Bins up to this many cycles an image keep one mean per bootstrap replicate; beyond, the mean image hardly varies."""

_GEMM_SIDE: Final = 160
"""Up to this side the transform is two matrix products, which here beat the FFT (6 times at 64 px); above, the FFT."""


@dataclass(frozen=True)
class Spectra:
    """Real and imaginary part of a batch: all bins in float32 (n, bins), the low bins in float64 (n, low bins)."""

    real: Tensor
    imag: Tensor
    low_real: Tensor
    low_imag: Tensor


class Plane:
    """All that depends on the image size alone.

    Bins are those of a real FFT, H x (W // 2 + 1), flattened. Cells are groups of bins whose powers are added: first
    the rings (width 1 / min(H, W)), then for every octave its three directions, then one for what belongs to no band
    (DC, and beyond .5 cycles/px). A bin that stands for two (its mirror image is not stored) counts twice.

    Args:
        height: in pixels.
        width: in pixels.
        window: see `Window`.

    Raises:
        MeasureError: a side is below 8 px.

    Attributes:
        windowed: whether a Hann window is applied.
        frequency: (bins,) radial frequency in cycles/px.
        octaves: (low, high) of each band, low to high.
        bins_per_ring: (R,) bins of the full plane in each ring.
        rings: (R,) mean frequency of each ring in cycles/px, rising.
    """

    def __init__(self, height: int, width: int, window: Window) -> None:
        if min(height, width) < 8:
            raise MeasureError(f"spectra need sides of at least 8 px, got {height} x {width}; use larger images")
        side = min(height, width)
        self.height, self.width = height, width
        self.windowed = side >= 64 if window == "auto" else window == "hann"
        self.fy = torch.fft.fftfreq(height, dtype=torch.float64)[:, None].expand(height, width // 2 + 1).flatten()
        self.fx = torch.fft.rfftfreq(width, dtype=torch.float64)[None, :].expand(height, width // 2 + 1).flatten()
        self.frequency = torch.hypot(self.fy, self.fx)
        self.multiplicity = self._multiplicity()
        count = math.floor(math.log2(side / 2))
        self.octaves = tuple((0.5 / 2 ** (k + 1), 0.5 / 2**k) for k in reversed(range(count)))
        self._ring, self._octave = self._assign(side, count)
        self.bins_per_ring = self._per_ring(torch.ones_like(self.frequency))
        self.rings = self._per_ring(self.frequency) / self.bins_per_ring
        self.low = torch.nonzero((self.frequency <= LOW_RADIUS / side) & (self.frequency < 0.5)).flatten()
        self.low_cells = self._low_cells()
        self.is_high = torch.ones_like(self.frequency)
        self.is_high[self.low] = 0.0

    @property
    def cells(self) -> int:
        """Number of cells, the one for unused bins left out."""
        return len(self.rings) + 3 * len(self.octaves)

    def _multiplicity(self) -> Tensor:
        columns = torch.full((self.width // 2 + 1,), 2.0, dtype=torch.float64)
        columns[0] = 1.0
        if self.width % 2 == 0:
            columns[-1] = 1.0
        return columns.expand(self.height, -1).flatten()

    def _assign(self, side: int, count: int) -> tuple[Tensor, Tensor]:
        """Cell index of each bin: its ring, and its octave and direction."""
        inside = (self.frequency > 0) & (self.frequency < 0.5)
        ring = (self.frequency * side).round().long().clamp(min=1) - 1
        unused = int(ring[inside].max()) + 1
        ring = torch.where(inside, ring, unused)
        octave = torch.floor(torch.log2(self.frequency.clamp(min=1e-9) * 2**count * 2 * (1 + 1e-12))).long()
        octave = torch.where(inside & (octave >= 0), octave, count)
        angle = torch.atan2(self.fy.abs(), self.fx.abs())
        direction = torch.full_like(octave, 2)
        direction[angle < math.pi / 8] = 0
        direction[angle > 3 * math.pi / 8] = 1
        return ring, torch.where(octave < count, 3 * octave + direction, 3 * count) + unused + 1

    def _per_ring(self, values: Tensor) -> Tensor:
        totals = torch.zeros(int(self._ring.max()) + 1, dtype=torch.float64)
        return totals.index_add_(0, self._ring, values * self.multiplicity)[:-1]

    def _low_cells(self) -> Tensor:
        """(low bins, cells) multiplicities: sums a quantity known at the low bins alone into the cells."""
        rings = len(self.rings)
        cells = torch.zeros(len(self.low), rings + 1 + 3 * len(self.octaves) + 1, dtype=torch.float64)
        rows = torch.arange(len(self.low))
        cells[rows, self._ring[self.low]] = self.multiplicity[self.low]
        cells[rows, self._octave[self.low]] = self.multiplicity[self.low]
        return self._drop_unused(cells)

    @functools.cached_property
    def _matrix(self) -> Tensor | None:
        """(bins, cells + 2) sums all but the low bins into cells; None where index sums are the faster way."""
        count = len(self.rings) + 1 + 3 * len(self.octaves) + 1
        if count * len(self.frequency) > 2_000_000:
            return None
        matrix = torch.zeros(len(self.frequency), count)
        rows = torch.arange(len(self.frequency))
        matrix[rows, self._ring] = matrix[rows, self._octave] = (self.multiplicity * self.is_high).float()
        return matrix

    def sum_cells(self, powers: Float[Tensor, "n bins"], low: Float[Tensor, "n low"]) -> Float[Tensor, "n cells"]:
        """Sums over the bins of each cell, both halves of the plane, float64.

        Args:
            powers: of all bins; those of the low bins are not looked at.
            low: of the low bins, float64.
        """
        if self._matrix is not None and powers.dtype == torch.float32:
            return self._drop_unused(powers @ self._matrix).double() + low @ self.low_cells
        sums = powers.new_zeros(len(powers), len(self.rings) + 1 + 3 * len(self.octaves) + 1)
        weighted = powers * (self.multiplicity * self.is_high).to(powers.dtype)
        sums.index_add_(1, self._ring, weighted).index_add_(1, self._octave, weighted)
        return self._drop_unused(sums).double() + low @ self.low_cells

    def _drop_unused(self, sums: Tensor) -> Tensor:
        rings = len(self.rings)
        return torch.cat([sums[:, :rings], sums[:, rings + 1 : -1]], dim=1)

    def transform(self, planes: Float[Tensor, "n h w"]) -> Spectra:
        """2-D DFT of windowed planes (float64): bins in float32; in float64 the low ones, where the mean image is."""
        low_real, low_imag = _separable(planes, *self._low_fourier)
        near_zero = planes.float() - 0.5  # a constant shows in low bins alone
        if max(self.height, self.width) > _GEMM_SIDE:
            spectrum = torch.fft.rfft2(near_zero * (self._window_y[:, None] * self._window_x).float())
            real, imag = spectrum.real.flatten(1).contiguous(), spectrum.imag.flatten(1).contiguous()
        else:
            real, imag = _separable(near_zero, *self._fourier)
        return Spectra(real, imag, low_real[:, self._low_at], low_imag[:, self._low_at])

    @functools.cached_property
    def _window_y(self) -> Tensor:
        return _window(self.height, self.windowed)

    @functools.cached_property
    def _window_x(self) -> Tensor:
        return _window(self.width, self.windowed)

    @functools.cached_property
    def _fourier(self) -> tuple[Tensor, Tensor]:
        """DFT matrices of all bins, float32."""
        left = _dft(torch.arange(self.height), self._window_y)
        right = _dft(torch.arange(self.width // 2 + 1), self._window_x)
        return left.float(), right.T.contiguous().float()

    def _low_grid(self) -> tuple[Tensor, Tensor, Tensor]:
        """Rows and columns of the bins that hold the low ones, and where in their product the low ones are."""
        half = self.width // 2 + 1
        row, column = self.low // half, self.low % half
        rows, columns = torch.unique(row), torch.unique(column)
        at = torch.searchsorted(rows, row) * len(columns) + torch.searchsorted(columns, column)
        return rows, columns, at

    @functools.cached_property
    def _low_at(self) -> Tensor:
        return self._low_grid()[2]

    @functools.cached_property
    def _low_fourier(self) -> tuple[Tensor, Tensor]:
        """DFT matrices of the rows and columns that hold the low bins, float64."""
        rows, columns, _ = self._low_grid()
        return _dft(rows, self._window_y), _dft(columns, self._window_x).T.contiguous()


def _dft(indices: Tensor, window: Tensor) -> Tensor:
    """(2 k, side) cosines, then sines, of the DFT with the window folded in."""
    side = len(window)
    product = torch.outer(indices.double(), torch.arange(side, dtype=torch.float64))
    phase = -2 * math.pi / side * torch.remainder(product, side)
    return torch.cat([phase.cos(), phase.sin()]) * window


def _separable(planes: Tensor, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Real and imaginary part, flattened, of the DFT as two matrix products."""
    both = torch.matmul(left, torch.matmul(planes, right))
    rows, columns = len(left) // 2, right.shape[1] // 2
    top, bottom = both[:, :rows], both[:, rows:]
    real = top[..., :columns] - bottom[..., columns:]
    imag = top[..., columns:] + bottom[..., :columns]
    return real.flatten(1), imag.flatten(1)


def _window(side: int, windowed: bool) -> Tensor:
    """Periodic Hann window of unit mean square, or ones."""
    if not windowed:
        return torch.ones(side, dtype=torch.float64)
    window = torch.hann_window(side, periodic=True, dtype=torch.float64)
    return window / window.square().mean().sqrt()


@functools.lru_cache(maxsize=16)
def plane_for(height: int, width: int, window: Window) -> Plane:
    """The plane of this size, made once."""
    return Plane(height, width, window)
