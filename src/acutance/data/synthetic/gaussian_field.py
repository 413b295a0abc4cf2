"""A stationary Gaussian field on a torus: its covariance is known exactly, frequency by frequency (O2, O3, O6)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float64
from torch import Tensor

from acutance.data.synthetic._quantised import ROUNDING_VARIANCE
from acutance.data.synthetic.water_filling import Stages, linear_vae, pca_error, water_filling
from acutance.errors import ConfigError

__all__ = ["FieldAnswers", "field_power", "gaussian_field"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FieldAnswers:
    """What is known exactly about the field.

    The pixels are `N(mean, contrast^2)`, and the borders meet. The covariance is circulant: its principal directions
    are the Fourier modes, and `power[k] = E|X_k|^2 / size^2` of the mean-free image are its eigenvalues.

    Rounding to 8 bits adds `rounding_variance` to every eigenvalue; clipping to [0, 1] touches a share
    `clipped` of the pixels.

    Attributes:
        power: (size, size), in the layout of `fft2`, float64.
        exponent: `power ~ f^-exponent`; frequency 0 has the power of the lowest one beside it.
        contrast: standard deviation of a pixel.
        mean: mean of a pixel.
    """

    power: Float64[Tensor, "size size"]
    exponent: float
    contrast: float
    mean: float

    rounding_variance = ROUNDING_VARIANCE

    @property
    def eigenvalues(self) -> Float64[Tensor, " pixels"]:
        """The covariance's eigenvalues, falling; their sum is `size^2 contrast^2`."""
        return torch.sort(self.power.flatten(), descending=True).values

    @property
    def clipped(self) -> float:
        """Share of pixels outside [0, 1], which 8 bits cannot hold."""
        spread = self.contrast * math.sqrt(2.0)
        return 0.5 * (math.erfc(self.mean / spread) + math.erfc((1.0 - self.mean) / spread))

    def stages(self, level: float, latents: int | None = None) -> Stages:
        """A linear VAE's stages per frequency, in the layout of `power` (T8, O2)."""
        return linear_vae(self.power, level, latents)

    def pca_mse(self, latents: int) -> float:
        """Least squared error per pixel of any linear autoencoder with this many latents (O3)."""
        return pca_error(self.power, latents) / self.power.numel()

    def rate_mse(self, rate_nats: float) -> float:
        """Least squared error per pixel of any code of this many nats per image (O3)."""
        return water_filling(self.power, rate_nats)[1] / self.power.numel()


def field_power(size: int, exponent: float, contrast: float) -> Float64[Tensor, "size size"]:
    """Power `~ max(f, 1/size)^-exponent` of every Fourier mode, scaled to a pixel variance of `contrast^2`."""
    f = torch.fft.fftfreq(size, dtype=torch.float64)
    radius = torch.hypot(f[:, None], f[None, :]).clamp_(min=1.0 / size)
    power = radius ** (-exponent)
    return power * (contrast**2 * size**2 / power.sum())


def gaussian_field(
    n: int, size: int, rng: torch.Generator, *, exponent: float = 2.0, contrast: float = 0.1, mean: float = 0.5
) -> tuple[Float64[Tensor, "n 1 size size"], FieldAnswers]:
    """Draw Gaussian fields, float64; a pixel may lie outside [0, 1], with the probability `answers.clipped`.

    Args:
        n: how many.
        size: side in pixels, at least 2.
        rng: where the noise comes from.
        exponent: of the power law, from 0 (white) on; photographs have about 2 (Field 1987).
        contrast: standard deviation of a pixel, above 0.
        mean: mean of a pixel.

    Returns:
        The images, and what is known exactly about them.

    Raises:
        ConfigError: an argument is out of range.
    """
    if size < 2 or not (math.isfinite(exponent) and exponent >= 0 and math.isfinite(contrast) and contrast > 0):
        raise ConfigError(
            "a field needs a size of at least 2 px, an exponent from 0 on and a contrast above 0; "
            f"got {size}, {exponent} and {contrast}"
        )
    power = field_power(size, exponent, contrast)
    white = torch.randn(n, 1, size, size, generator=rng, dtype=torch.float64)
    spectrum = torch.fft.rfft2(white) * power[:, : size // 2 + 1].sqrt()
    images = torch.fft.irfft2(spectrum, s=(size, size)) + mean
    return images, FieldAnswers(power=power, exponent=exponent, contrast=contrast, mean=mean)
