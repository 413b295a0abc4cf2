"""Images to the bins of their Fourier transform, real and imaginary parts side by side."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from acutance.measure._workspace import Workspace

__all__ = ["Window", "as_complex", "cross", "hann", "transform"]

Window = Literal["auto", "hann", "none"]
"""`auto`: Hann for sides of 64 px and more, none below."""


def transform(planes: Float[Tensor, "n h w"], window: Tensor | None, work: Workspace) -> Float[Tensor, "n twice"]:
    """The half plane of rfft2, flattened, float64.

    Args:
        planes: grey images.
        window: (h, w) float64 that they are multiplied by.
        work: where the windowed pixels are kept.
    """
    n, height, width = planes.shape
    pixels = work.tensor("pixels", (n, height, width), torch.float64).copy_(planes)
    if window is not None:
        pixels.mul_(window)
    return torch.view_as_real(torch.fft.rfft2(pixels)).flatten(1)


def as_complex(parts: Float[Tensor, "*n twice"]) -> Complex[Tensor, "*n bins"]:
    """Bins of their real and imaginary parts."""
    return torch.view_as_complex(parts.reshape(*parts.shape[:-1], -1, 2))


def cross(a: Float[Tensor, "*n twice"], b: Float[Tensor, "*n twice"]) -> Complex[Tensor, "*n bins"]:
    """conj(A) B."""
    return as_complex(a).conj() * as_complex(b)


def hann(height: int, width: int) -> Float[Tensor, "h w"]:
    """Periodic Hann window of unit mean square along both axes, float64."""
    rows, columns = (torch.hann_window(side, periodic=True, dtype=torch.float64) for side in (height, width))
    return torch.outer(rows / rows.square().mean().sqrt(), columns / columns.square().mean().sqrt())
