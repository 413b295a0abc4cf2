"""The frequency plane of one image size: bins, octaves, rings and directions."""

from __future__ import annotations

import functools
import math
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._blocks import spans
from acutance.measure._fourier import Window, hann, transform
from acutance.measure._workspace import Workspace

__all__ = ["DIRECTIONS", "LOW_RADIUS", "WINDOWED", "Plane", "Window", "plane_for"]

DIRECTIONS: Final = ("horizontal", "vertical", "diagonal")
WINDOWED: Final = 64
"""Shorter side in px from which a window is applied unless told otherwise: the bins that it mixes are few then."""
LOW_RADIUS: Final = 8
"""Bins up to this many cycles an image keep one mean per bootstrap replicate; beyond, the mean image hardly varies."""

_NEAR: Final = 1 << 18
"""Pixels of a part of a batch: what is made of them stays near the processor."""
_NEAREST: Final = 1 << 16
"""Pixels that are transformed at once: in float64, and to memory that is new each time."""
_DENSE: Final = 1 << 18
"""Entries up to which a matrix product sums the cells faster than an index does."""


class Plane:
    """All that depends on the image size alone.

    Spectra are the half plane of rfft2, (H, W // 2 + 1) bins, flattened, each as real and imaginary part. Products of
    the parts of two spectra, weighted by `multiplicity`, add up to the sum of Re conj(A) B over the full plane (T2).

    Cells are groups of bins whose powers are added: first the rings (width 1 / min(H, W)), then for every octave its
    three directions. What belongs to no band (DC, and beyond .5 cycles/px) is in none.

    Args:
        height: in pixels.
        width: in pixels.
        windowed: whether to apply a Hann window.

    Raises:
        MeasureError: a side is below 8 px.

    Attributes:
        windowed: whether a Hann window is applied.
        shape: (H, W // 2 + 1), the grid of bins.
        fy: (bins,) vertical frequency in cycles/px, from -.5 to .5.
        fx: (bins,) horizontal frequency, 0 to .5.
        frequency: (bins,) radial frequency in cycles/px.
        multiplicity: (bins,) bins of the full plane that each stands for: 2, 1 if it is its own mirror image, 0 if it
            is the mirror image of another.
        octaves: (low, high) of each band, low to high.
        bins: (cells,) bins of a full DFT in each cell: of white noise of unit variance each has the power H W.
        bins_per_ring: (R,) those of the rings.
        rings: (R,) mean frequency of each ring in cycles/px, rising.
        ring_variance: (R,) variance of the frequency within each ring, in (cycles/px)^2.
        low_bins: (L,) bins up to LOW_RADIUS cycles an image.
        low: (2 L,) places of their parts among those of all.
        low_cells: (2 L, cells) multiplicities: sums a quantity known at the low parts alone into the cells.
        at_once: images of a batch that are best worked on at once.
    """

    def __init__(self, height: int, width: int, *, windowed: bool) -> None:
        if min(height, width) < 8:
            raise MeasureError(f"spectra need sides of at least 8 px, got {height} x {width}; use larger images")
        side = min(height, width)
        self.height, self.width = height, width
        self.windowed = windowed
        self.shape = (height, width // 2 + 1)
        self.at_once, self._transformed_at_once = (max(1, pixels // (height * width)) for pixels in (_NEAR, _NEAREST))
        self._window = hann(height, width) if windowed else None
        fy, fx = torch.fft.fftfreq(height, dtype=torch.float64), torch.fft.rfftfreq(width, dtype=torch.float64)
        self.fy, self.fx = (grid.flatten() for grid in torch.meshgrid(fy, fx, indexing="ij"))
        self.frequency = torch.hypot(self.fy, self.fx)
        self.multiplicity = _multiplicity(self.fy, self.fx)
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
        is_low = (self.frequency < 0.5) & (self.frequency <= LOW_RADIUS / side)
        self.low_bins = torch.nonzero(is_low & (self.multiplicity > 0)).flatten()
        self.low = _parts_of(self.low_bins)
        self.low_cells = self._cells_of(
            *(of[self.low_bins] for of in (self._ring, self._octave, self.multiplicity))
        ).repeat_interleave(2, 0)
        self._rows = height // 2 + 1
        self._mirrored = torch.arange(height - 1, height // 2, -1)
        self._atom, self._atom_cells = self._atoms(is_low)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.rings) + 3 * len(self.octaves)

    def _assign(self, side: int, count: int) -> tuple[Tensor, Tensor]:
        """Cell of each bin: its ring, and its octave and direction; those in none have the number after the last."""
        inside = (self.frequency > 0) & (self.frequency < 0.5)
        ring = (self.frequency * side).round().long().clamp(min=1) - 1
        ring = torch.where(inside, ring, int(ring[inside].max()) + 1)
        octave = torch.floor(torch.log2(self.frequency.clamp(min=1e-9) * 2**count * 2 * (1 + 1e-12))).long()
        octave = torch.where(inside & (octave >= 0), octave, count)
        angle = torch.atan2(self.fy.abs(), self.fx)
        direction = torch.full_like(octave, 2)
        direction[angle < math.pi / 8] = 0
        direction[angle > 3 * math.pi / 8] = 1
        return ring, torch.where(octave < count, 3 * octave + direction, 3 * count)

    def _over_bins(self, values: Tensor) -> Tensor:
        """Sums over the bins of a full DFT in each cell."""
        cells = (self._ring, self._ring_count), (self._octave, 3 * len(self.octaves))
        return torch.cat([torch.bincount(cell, values * self.multiplicity)[:count] for cell, count in cells])

    def _cells_of(self, ring: Tensor, octave: Tensor, weight: Tensor) -> Tensor:
        """(n, cells) float64: the weight of each row in its ring, and in its octave and direction."""
        matrix = torch.zeros(len(ring), self._ring_count + 1 + 3 * len(self.octaves) + 1, dtype=torch.float64)
        rows = torch.arange(len(ring))
        matrix[rows, ring] = matrix[rows, self._ring_count + 1 + octave] = weight
        return torch.cat([matrix[:, : self._ring_count], matrix[:, self._ring_count + 1 : -1]], dim=1)

    def _atoms(self, is_low: Tensor) -> tuple[Tensor, Tensor]:
        """Bins of `_folded` that are alike in ring, octave, direction and weight are one atom.

        Returns:
            (2 folded bins,) the atom of each real and imaginary part, and (atoms, cells) its weight in each cell.
        """
        weight = torch.where((2 * self.fx) % 1 == 0, 1, 2) * ~is_low
        folded = torch.stack([self._ring, self._octave, weight])[:, : self._rows * self.shape[1]]
        alike, atom = torch.unique(folded, dim=1, return_inverse=True)
        return atom.repeat_interleave(2), self._cells_of(alike[0], alike[1], alike[2].double())

    def _folded(self, products: Tensor) -> Tensor:
        """The upper half of the bins, where those of mirrored rows were added: they are in the same cells."""
        grid = products.view(-1, self.height, 2 * self.shape[1])
        grid[:, 1 : 1 + len(self._mirrored)] += grid.index_select(1, self._mirrored)
        return products[:, : len(self._atom)]

    @functools.cached_property
    def _dense(self) -> Tensor | None:
        """(2 k, cells) sums the cells in one product; None where it would be large."""
        if len(self._atom) * self.cells > _DENSE:
            return None
        return self._atom_cells.float()[self._atom]

    def add_cells(self, sums: Float[Tensor, "n cells"], products: Float[Tensor, "n twice"]) -> None:
        """Add sums over the bins of each cell, weighted by multiplicity.

        Args:
            sums: of the same precision as the products; added to in place.
            products: of all parts; overwritten. Those of the low bins are not looked at.
        """
        products = self._folded(products)
        if self._dense is not None and products.dtype == torch.float32:
            sums.addmm_(products, self._dense)
            return
        atoms = products.new_zeros(len(products), len(self._atom_cells)).index_add_(1, self._atom, products)
        sums += atoms.double() @ self._atom_cells

    def transform(
        self, planes: Float[Tensor, "n h w"], work: Workspace, name: str, low: Float[Tensor, "n low"]
    ) -> Float[Tensor, "n twice"]:
        """Bins of windowed planes as real and imaginary parts, float32.

        Args:
            planes: grey images.
            work: where they are kept until it is asked for the next ones.
            name: under which.
            low: is given the parts of the low bins, where the mean image is, in float64.
        """
        found = work.tensor(name, (len(planes), 2 * len(self.frequency)), torch.float32)
        for at in spans(len(planes), self._transformed_at_once):
            parts = transform(planes[at], self._window, work)
            torch.index_select(parts, 1, self.low, out=low[at])
            found[at] = parts
        return found


def _multiplicity(fy: Tensor, fx: Tensor) -> Tensor:
    alone_y, alone_x = ((2 * f) % 1 == 0 for f in (fy, fx))
    mirrored = torch.where(alone_y, 1.0, torch.where(fy > 0, 2.0, 0.0))
    return torch.where(alone_x, mirrored, 2.0).double()


def _parts_of(bins: Tensor) -> Tensor:
    """Places of the real and imaginary parts of bins."""
    return torch.stack([2 * bins, 2 * bins + 1], 1).flatten()


def plane_for(height: int, width: int, window: Window) -> Plane:
    """The plane of this size, made once; `auto` is `hann` from WINDOWED px on, and `none` below."""
    return _plane(height, width, min(height, width) >= WINDOWED if window == "auto" else window == "hann")


@functools.lru_cache(maxsize=16)
def _plane(height: int, width: int, windowed: bool) -> Plane:
    return Plane(height, width, windowed=windowed)
