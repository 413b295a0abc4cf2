"""Structural similarity."""

from __future__ import annotations

from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor

from acutance.measure._per_image import PerImage
from acutance.measure._reading import Better
from acutance.measure._ssim import ssim_terms

__all__ = ["MEASURE", "Ssim"]


@final
class Ssim(PerImage):
    """Mean over images of SSIM with the original Gaussian window (sigma 1.5, 11 x 11, population covariance, range 1).

    The local index is averaged over the places where the whole window fits and over channels: scikit-image's
    `gaussian_weights=True, sigma=1.5, use_sample_covariance=False`.

    References:
        Wang, Bovik, Sheikh, Simoncelli 2004.
    """

    what: ClassVar[str] = "ssim"
    spec: ClassVar[dict[str, tuple[str, Better]]] = {"ssim": ("ratio", "higher")}

    def score(self, x: Float[Tensor, "n c h w"], ref: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        luminance, structure = ssim_terms(x, ref)
        return (luminance * structure).flatten(1).mean(1)


MEASURE = Ssim
