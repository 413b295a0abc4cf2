"""The local statistics that SSIM and MS-SSIM share."""

from __future__ import annotations

import functools
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._blocks import spans

__all__ = ["SSIM_SIDE", "ssim_terms"]

SSIM_SIDE: Final = 11
"""Side of the Gaussian window: 3.5 sigma to either side at sigma 1.5."""

_SIGMA: Final = 1.5
_C1: Final = 0.01**2
_C2: Final = 0.03**2
_BLOCK: Final = 64
"""Places that are averaged together: most of a matrix for all places of a long side would be zeros."""


@functools.lru_cache(maxsize=32)
def _smoother(side: int) -> Tensor:
    """(side - 10, side) Gaussian averages at every place where the whole window fits."""
    offset = torch.arange(SSIM_SIDE, dtype=torch.float64) - SSIM_SIDE // 2
    kernel = torch.exp(-0.5 * (offset / _SIGMA) ** 2)
    kernel = kernel / kernel.sum()
    matrix = torch.zeros(side - SSIM_SIDE + 1, side, dtype=torch.float64)
    for row in range(len(matrix)):
        matrix[row, row : row + SSIM_SIDE] = kernel
    return matrix


def _smoothed(planes: Float[Tensor, "*batch h w"]) -> Float[Tensor, "*batch h2 w"]:
    """Averages along the rows' axis."""
    places = spans(planes.shape[-2] - SSIM_SIDE + 1, _BLOCK)
    reach = [slice(span.start, span.stop + SSIM_SIDE - 1) for span in places]
    return torch.cat([_smoother(rows.stop - rows.start) @ planes[..., rows, :] for rows in reach], dim=-2)


def ssim_terms(
    x: Float[Tensor, "n c h w"], ref: Float[Tensor, "n c h w"]
) -> tuple[Float[Tensor, "n c h2 w2"], Float[Tensor, "n c h2 w2"]]:
    """Luminance term and contrast-structure term at every place where the window fits; data range 1.

    Raises:
        MeasureError: a side is shorter than the window.
    """
    height, width = x.shape[-2:]
    if min(height, width) < SSIM_SIDE:
        raise MeasureError(f"SSIM needs sides of at least {SSIM_SIDE} px, got {height} x {width}; use larger images")
    x, ref = x.double(), ref.double()
    products = torch.stack([x, ref, x * x, ref * ref, x * ref])
    mx, mr, xx, rr, xr = _smoothed(_smoothed(products).transpose(-1, -2)).transpose(-1, -2)
    luminance = (2 * mx * mr + _C1) / (mx * mx + mr * mr + _C1)
    return luminance, (2 * (xr - mx * mr) + _C2) / (xx - mx * mx + rr - mr * mr + _C2)
