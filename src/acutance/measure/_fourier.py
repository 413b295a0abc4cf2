"""Images to real Fourier coefficients, as matrix products where that is faster than an FFT."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["Bins", "Fourier", "Spectra", "Window", "half_of", "inner", "mixed"]

Window = Literal["auto", "hann", "none"]
"""`auto`: Hann for sides of 64 px and more, none below."""

_GEMM_SIDE: Final = 160
"""Up to this side the transform is two matrix products; above, the FFT."""


@dataclass(frozen=True)
class Spectra:
    """Coefficients of a batch: all in float32 (n, coefficients), the low ones in float64 (n, low)."""

    all: Tensor
    low: Tensor


class Fourier:
    """The transform of one image size; the grid of coefficients is that of `Plane`.

    Args:
        height: in pixels.
        width: in pixels.
        windowed: whether a Hann window is applied.
        low: indices of the coefficients that are wanted in float64.
    """

    def __init__(self, height: int, width: int, windowed: bool, low: Tensor) -> None:
        self.height, self.width = height, width
        self.windows = (_window(height, windowed), _window(width, windowed))
        half = 2 * (width // 2 + 1)
        row, column = low // half, low % half
        k, m = row % (half_of(height)), column % half_of(width)
        rows, columns = int(k.max()) + 1, int(m.max()) + 1
        self._low_left = _real_dft(rows, self.windows[0])
        self._low_right = _real_dft(columns, self.windows[1]).T.contiguous()
        self._low_at = (row // half_of(height) * rows + k) * 2 * columns + column // half_of(width) * columns + m

    @functools.cached_property
    def _matrices(self) -> tuple[Tensor, Tensor]:
        left, right = (_real_dft(half_of(len(window)), window).float() for window in self.windows)
        return left, right.T.contiguous()

    def transform(self, planes: Float[Tensor, "n h w"]) -> Spectra:
        """Coefficients of windowed planes."""
        low = _separable(planes.double(), self._low_left, self._low_right).index_select(1, self._low_at)
        near_zero = planes.float() - 0.5  # a constant shows in low coefficients alone
        if max(self.height, self.width) > _GEMM_SIDE:
            return Spectra(self._by_fft(near_zero), low)
        return Spectra(_separable(near_zero, *self._matrices), low)

    def _by_fft(self, planes: Tensor) -> Tensor:
        window_y, window_x = self.windows
        spectrum = torch.fft.rfft2(planes * torch.outer(window_y, window_x).float())
        rows = half_of(self.height)
        up, down = spectrum[:, :rows], spectrum[:, (-torch.arange(rows)) % self.height]
        added, apart = up + down, up - down
        cosines = torch.cat([0.5 * added.real, -0.5 * added.imag], dim=2)
        return torch.cat([cosines, -0.5 * torch.cat([apart.imag, apart.real], dim=2)], dim=1).flatten(1)


class Bins:
    """The complex bins of a DFT, from the real coefficients of the lowest `rows` x `columns` frequencies.

    A pair of frequencies has two bins, (fy, fx) and (-fy, fx); their mirror images are their conjugates.

    Attributes:
        fy: (bins,) signed vertical frequency in cycles/px: first those of (fy, fx), then those of (-fy, fx).
        fx: (bins,) horizontal frequency.
        frequency: (bins,) radial frequency.
        multiplicity: (bins,) bins of the full plane that each stands for: 2, 1 if it is its own mirror image, 0 if it
            is the mirror image of another.
    """

    def __init__(self, height: int, width: int, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        fy, fx = (torch.arange(k, dtype=torch.float64) / n for k, n in ((rows, height), (columns, width)))
        self.fy = torch.cat([fy, -fy])[:, None].expand(-1, columns).flatten()
        self.fx = fx[None, :].expand(2 * rows, -1).flatten()
        self.frequency = torch.hypot(self.fy, self.fx)
        alone_y, alone_x = ((2 * f) % 1 == 0 for f in (fy, fx))
        both = alone_y[:, None] & alone_x
        either = alone_y[:, None] | alone_x
        self.multiplicity = torch.cat([torch.where(both, 1.0, 2.0), torch.where(either, 0.0, 2.0)]).double().flatten()

    def products(
        self, a: Float[Tensor, "*n 2 ky 2 kx"], b: Float[Tensor, "*n 2 ky 2 kx"]
    ) -> Float[Tensor, "4 *n rows columns"]:
        """What conj(A) B of a pair's two bins are sums and differences of: real parts, imaginary parts."""
        (cc, cs, sc, ss), (cc2, cs2, sc2, ss2) = (_parts(x[..., : self.rows, :, : self.columns]) for x in (a, b))
        return torch.stack(
            [
                _added_products((cc, cc2), (cs, cs2), (sc, sc2), (ss, ss2)),
                _added_products((sc, cs2), (cs, sc2), minus=((cc, ss2), (ss, cc2))),
                _added_products((sc, cc2), (ss, cs2), minus=((cc, sc2), (cs, ss2))),
                _added_products((cs, cc2), (ss, sc2), minus=((cc, cs2), (sc, ss2))),
            ]
        )

    def cross(self, products: Float[Tensor, "4 *n rows columns"]) -> Float[Tensor, "2 *n bins"]:
        """Real and imaginary part of conj(A) B, from `products` or their sums."""
        even, odd, down, across = products
        real, imag = torch.stack([even + odd, even - odd], -3), torch.stack([across + down, across - down], -3)
        return torch.stack([real.flatten(-3), imag.flatten(-3)])

    def power(self, length: Float[Tensor, "ky kx"], mixed: Float[Tensor, "ky kx"]) -> Float[Tensor, " bins"]:
        """|bin|^2 from sums of `inner` of the coefficients with themselves, and of `mixed` (see there)."""
        lowest = length[: self.rows, : self.columns]
        across = 2.0 * mixed[: self.rows, : self.columns]
        return torch.stack([lowest + across, lowest - across]).flatten()


def inner(a: Float[Tensor, "*n 2 ky 2 kx"], b: Float[Tensor, "*n 2 ky 2 kx"]) -> Float[Tensor, "*n ky kx"]:
    """What Re conj(A) B of (fy, fx) and (-fy, fx) share: the four products of their coefficients, added."""
    return _added_products(*zip(_parts(a), _parts(b), strict=True))


def mixed(grid: Float[Tensor, "*n 2 ky 2 kx"]) -> Float[Tensor, "*n ky kx"]:
    """What tells the powers of (fy, fx) and (-fy, fx) apart: sine-cosine times cosine-sine, less the other two."""
    cc, cs, sc, ss = _parts(grid)
    return _added_products((sc, cs), minus=((cc, ss),))


def _parts(grid: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Cosine-cosine, cosine-sine, sine-cosine, sine-sine, each (..., ky, kx)."""
    (cc, cs), (sc, ss) = ((half.select(-2, 0), half.select(-2, 1)) for half in (grid.select(-4, 0), grid.select(-4, 1)))
    return cc, cs, sc, ss


def _added_products(
    first: tuple[Tensor, Tensor], *plus: tuple[Tensor, Tensor], minus: tuple[tuple[Tensor, Tensor], ...] = ()
) -> Tensor:
    """Products of pairs, added or taken away, without a copy of each."""
    found = first[0] * first[1]
    for a, b in plus:
        found.addcmul_(a, b)
    for a, b in minus:
        found.addcmul_(a, b, value=-1.0)
    return found


def half_of(side: int) -> int:
    """Number of frequencies 0 ... .5 cycles/px along an axis."""
    return side // 2 + 1


def _real_dft(count: int, window: Tensor) -> Tensor:
    """(2 count, side) cosines, then sines, of the lowest frequencies, with the window folded in."""
    side = len(window)
    product = torch.outer(torch.arange(count, dtype=torch.float64), torch.arange(side, dtype=torch.float64))
    phase = 2 * math.pi / side * torch.remainder(product, side)
    sines = phase.sin()
    sines[2 * torch.arange(count) % side == 0] = 0.0
    return torch.cat([phase.cos(), sines]) * window


def _separable(planes: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """The transform as two matrix products, flattened."""
    return torch.matmul(left, torch.matmul(planes, right)).flatten(1)


def _window(side: int, windowed: bool) -> Tensor:
    """Periodic Hann window of unit mean square, or ones."""
    if not windowed:
        return torch.ones(side, dtype=torch.float64)
    window = torch.hann_window(side, periodic=True, dtype=torch.float64)
    return window / window.square().mean().sqrt()
