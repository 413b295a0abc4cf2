"""The frequency plane of one image size: coefficients, octaves, rings and directions."""

from __future__ import annotations

import functools
import math
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._fourier import Fourier, Spectra, Window, inner

__all__ = ["DIRECTIONS", "LOW_RADIUS", "WINDOWED", "Plane", "Window", "plane_for"]

DIRECTIONS: Final = ("horizontal", "vertical", "diagonal")
WINDOWED: Final = 64
"""Shorter side in px from which a window is applied unless told otherwise: the bins that it mixes are few then."""
LOW_RADIUS: Final = 8
"""Coefficients up to this many cycles an image keep one mean per bootstrap replicate; beyond, the mean image hardly
varies."""

_LARGE: Final = 4_000_000


class Plane:
    """All that depends on the image size alone.

    Spectra are real coefficients: products with cosines and sines along rows and columns, a grid of 2 Ky x 2 Kx with
    Ky = H // 2 + 1 frequencies (the cosines, then the sines), flattened. Sums of their squares, weighted by
    `multiplicity`, are those of a 2-D DFT's moduli over any set of bins that holds (fy, fx), (fy, -fx) alike (T2).

    Cells are groups of coefficients whose powers are added: first the rings (width 1 / min(H, W)), then for every
    octave its three directions. What belongs to no band (DC, and beyond .5 cycles/px) is in none.

    Args:
        height: in pixels.
        width: in pixels.
        windowed: whether to apply a Hann window.

    Raises:
        MeasureError: a side is below 8 px.

    Attributes:
        windowed: whether a Hann window is applied.
        shape: (2, Ky, 2, Kx), the grid of coefficients.
        fy: (coefficients,) vertical frequency >= 0 in cycles/px.
        fx: the same, horizontal.
        frequency: (coefficients,) radial frequency in cycles/px.
        multiplicity: (coefficients,) weight of a square; 0 for sines of frequency 0 and .5, which do not exist.
        octaves: (low, high) of each band, low to high.
        bins: (cells,) bins of a full DFT in each cell: of white noise of unit variance each has the power H W.
        bins_per_ring: (R,) those of the rings.
        rings: (R,) mean frequency of each ring in cycles/px, rising.
        ring_variance: (R,) variance of the frequency within each ring, in (cycles/px)^2.
        low: (L,) coefficients up to LOW_RADIUS cycles an image.
        low_cells: (L, cells) multiplicities: sums a quantity known at the low coefficients alone into the cells.
    """

    def __init__(self, height: int, width: int, *, windowed: bool) -> None:
        if min(height, width) < 8:
            raise MeasureError(f"spectra need sides of at least 8 px, got {height} x {width}; use larger images")
        side = min(height, width)
        self.height, self.width = height, width
        self.windowed = windowed
        self.shape = (2, height // 2 + 1, 2, width // 2 + 1)
        self.fy, self.fx = (grid.flatten() for grid in self._frequencies())
        self.frequency = torch.hypot(self.fy, self.fx)
        self.multiplicity = self._multiplicity()
        count = math.floor(math.log2(side / 2))
        self.octaves = tuple((0.5 / 2 ** (k + 1), 0.5 / 2**k) for k in reversed(range(count)))
        self._ring, self._octave = self._assign(side, count)
        self._ring_count = int(self._ring.max())
        self.bins = self._over_bins(torch.ones_like(self.frequency))
        self.bins_per_ring = self.bins[: self._ring_count]
        self.rings, squares = (
            self._over_bins(values)[: self._ring_count] / self.bins_per_ring
            for values in (self.frequency, self.frequency.square())
        )
        self.ring_variance = squares - self.rings.square()
        inside = (self.multiplicity > 0) & (self.frequency < 0.5)
        self.low = torch.nonzero(inside & (self.frequency <= LOW_RADIUS / side)).flatten()
        self.low_cells = self._low_cells()
        self.is_high = torch.ones_like(self.frequency)
        self.is_high[self.low] = 0.0
        self._fourier = Fourier(height, width, self.windowed, self.low)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.rings) + 3 * len(self.octaves)

    def _frequencies(self) -> tuple[Tensor, Tensor]:
        _, rows, _, columns = self.shape
        fy, fx = (torch.arange(k, dtype=torch.float64) / n for k, n in ((rows, self.height), (columns, self.width)))
        return fy.repeat(2)[:, None].expand(-1, 2 * columns), fx.repeat(2)[None, :].expand(2 * rows, -1)

    def _multiplicity(self) -> Tensor:
        rows, columns = (_times(side) for side in (self.height, self.width))
        return torch.outer(rows, columns).flatten()

    def _assign(self, side: int, count: int) -> tuple[Tensor, Tensor]:
        """Cell index of each coefficient: its ring, and its octave and direction."""
        inside = (self.frequency > 0) & (self.frequency < 0.5)
        ring = (self.frequency * side).round().long().clamp(min=1) - 1
        unused = int(ring[inside].max()) + 1
        ring = torch.where(inside, ring, unused)
        octave = torch.floor(torch.log2(self.frequency.clamp(min=1e-9) * 2**count * 2 * (1 + 1e-12))).long()
        octave = torch.where(inside & (octave >= 0), octave, count)
        angle = torch.atan2(self.fy, self.fx)
        direction = torch.full_like(octave, 2)
        direction[angle < math.pi / 8] = 0
        direction[angle > 3 * math.pi / 8] = 1
        return ring, torch.where(octave < count, 3 * octave + direction, 3 * count) + unused + 1

    def _over_bins(self, values: Tensor) -> Tensor:
        """Sums over the bins of a full DFT in each cell; the power of a bin is a quarter of four squares each."""
        bins = values * torch.outer(_bins(self.height), _bins(self.width)).flatten() / 4.0
        sums = torch.zeros(1, int(self._octave.max()) + 1, dtype=torch.float64)
        for cell in (self._ring, self._octave):
            sums.index_add_(1, cell, bins[None])
        return self._drop_unused(sums)[0]

    def _low_cells(self) -> Tensor:
        cells = torch.zeros(len(self.low), len(self.rings) + 1 + 3 * len(self.octaves) + 1, dtype=torch.float64)
        rows = torch.arange(len(self.low))
        cells[rows, self._ring[self.low]] = self.multiplicity[self.low]
        cells[rows, self._octave[self.low]] = self.multiplicity[self.low]
        return self._drop_unused(cells)

    @functools.cached_property
    def _cosines(self) -> Tensor:
        """Where one coefficient of each pair of frequencies stands; all four are in the same cells."""
        return torch.arange(len(self.frequency)).reshape(self.shape)[0, :, 0].flatten()

    @functools.cached_property
    def _weight(self) -> Tensor:
        return (self.multiplicity * self.is_high)[self._cosines]

    @functools.cached_property
    def _matrix(self) -> Tensor | None:
        """(Ky Kx, cells) sums the folded grid; None where it would be large, and index sums are as fast."""
        count = len(self.rings) + 1 + 3 * len(self.octaves) + 1
        if count * len(self._cosines) > _LARGE:
            return None
        matrix = torch.zeros(len(self._cosines), count)
        rows = torch.arange(len(matrix))
        matrix[rows, self._ring[self._cosines]] = matrix[rows, self._octave[self._cosines]] = self._weight.float()
        return self._drop_unused(matrix)

    def sum_cells(self, folded: Float[Tensor, "n k"], low: Float[Tensor, "n low"]) -> Float[Tensor, "n cells"]:
        """Sums over the coefficients of each cell, weighted by multiplicity, float64.

        Args:
            folded: `inner` products of all coefficients; those of the low ones are not looked at.
            low: products of the low coefficients, float64.
        """
        if self._matrix is not None and folded.dtype == torch.float32:
            return torch.addmm((folded @ self._matrix).double(), low, self.low_cells)
        sums = folded.new_zeros(len(folded), len(self.rings) + 1 + 3 * len(self.octaves) + 1)
        folded = folded * self._weight.to(folded.dtype)
        sums.index_add_(1, self._ring[self._cosines], folded).index_add_(1, self._octave[self._cosines], folded)
        return torch.addmm(self._drop_unused(sums).double(), low, self.low_cells)

    def cells_of(self, a: Spectra, b: Spectra) -> Float[Tensor, "n cells"]:
        """A B per image, summed over the coefficients of a cell: Re conj(A) B of complex spectra; float64."""
        return self.sum_cells(self.folded(a.all, b.all), a.low * b.low)

    def folded(self, a: Float[Tensor, "*n coefficients"], b: Float[Tensor, "*n coefficients"]) -> Float[Tensor, "m k"]:
        """The four products with cosines and sines of one pair of frequencies, added; they have one multiplicity."""
        return inner(a.view(-1, *self.shape), b.view(-1, *self.shape)).flatten(1)

    def _drop_unused(self, sums: Tensor) -> Tensor:
        return torch.cat([sums[:, : self._ring_count], sums[:, self._ring_count + 1 : -1]], dim=1)

    def transform(self, planes: Float[Tensor, "n h w"]) -> Spectra:
        """Coefficients of windowed planes: all in float32, the low ones, where the mean image is, in float64."""
        return self._fourier.transform(planes)


def _times(side: int) -> Tensor:
    """How often the square of each cosine, then of each sine, counts along one axis."""
    times = torch.full((side // 2 + 1,), 2.0, dtype=torch.float64)
    alone = _alone(side)
    return torch.cat([torch.where(alone, 1.0, times), torch.where(alone, 0.0, times)])


def _bins(side: int) -> Tensor:
    """How many bins of a full DFT each frequency stands for along one axis, in the grid's order."""
    return torch.where(_alone(side), 1.0, 2.0).double().repeat(2)


def _alone(side: int) -> Tensor:
    """Whether a frequency is its own mirror image: 0, and .5 cycles/px."""
    k = torch.arange(side // 2 + 1)
    return (k == 0) | (2 * k == side)


def plane_for(height: int, width: int, window: Window) -> Plane:
    """The plane of this size, made once; `auto` is `hann` from WINDOWED px on, and `none` below."""
    return _plane(height, width, min(height, width) >= WINDOWED if window == "auto" else window == "hann")


@functools.lru_cache(maxsize=16)
def _plane(height: int, width: int, windowed: bool) -> Plane:
    return Plane(height, width, windowed=windowed)
