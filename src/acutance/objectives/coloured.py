"""A coloured Gaussian likelihood: residuals whose power depends on frequency, in place of white ones (T7)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["coloured_gaussian", "coloured_noise", "mean_power", "residual_power"]

LEAST_POWER = math.exp(-12.0)
"""Of a variance: log sigma is kept >= -6, as for the white Gaussian."""


def residual_power(images: Float[Tensor, "n c h w"], outputs: Float[Tensor, "n c h w"]) -> Float[Tensor, "c h half"]:
    """Mean power of the residual at every frequency of its transform of length 1; its mean is the mean squared error.

    Returns:
        On the half plane of `rfft2`.
    """
    return torch.view_as_real(_transform(_wide(images) - _wide(outputs))).square().sum(-1).mean(0)


def mean_power(power: Float[Tensor, "c h half"], width: int) -> Float[Tensor, ""]:
    """The mean over the whole plane of powers on the half plane: of a residual its mean squared error.

    Args:
        power: at every frequency, as from `residual_power`.
        width: of the images, in px.
    """
    counts = _counts(width, power)
    return (power * counts).sum() / (counts.sum() * power.shape[0] * power.shape[1])


def coloured_gaussian(
    images: Float[Tensor, "n c h w"], outputs: Float[Tensor, "n c h w"], power: Float[Tensor, "c h half"]
) -> Float[Tensor, " n"]:
    """-log N(images; outputs, C) in nats per image, C circulant with these eigenvalues, a channel by itself.

    Exact: the transform of length 1 is a rotation, in which C is diagonal, so that
    `-log p = 1/2 sum_f (log(2 pi S(f)) + |E(f)|^2 / S(f))`.

    Args:
        images: values in [0, 1].
        outputs: same shape.
        power: S, variances at every frequency on the half plane, as from `residual_power`; kept >= e^-12.

    References:
        T7; Gray 2006, Toeplitz and circulant matrices.
    """
    least = power.clamp_min(LEAST_POWER)
    error = torch.view_as_real(_transform(_wide(images) - _wide(outputs))).square().sum(-1)
    counts = _counts(images.shape[-1], power)
    terms = counts * (torch.log(2 * math.pi * least) + error / least)
    return 0.5 * terms.flatten(1).sum(1)


def coloured_noise(white: Float[Tensor, "n c h w"], power: Float[Tensor, "c h half"]) -> Float[Tensor, "n c h w"]:
    """White noise of variance 1 to noise of this power."""
    amplitude = power.clamp_min(LEAST_POWER).sqrt()
    coloured: Tensor = torch.fft.irfft2(_transform(white) * amplitude, s=white.shape[-2:], norm="ortho")
    return coloured


def _transform(values: Tensor) -> Tensor:
    bins: Tensor = torch.fft.rfft2(values, norm="ortho")
    return bins


def _counts(width: int, like: Tensor) -> Tensor:
    """How often each column of the half plane stands in the whole plane."""
    counts = torch.full((width // 2 + 1,), 2.0, dtype=like.dtype, device=like.device)
    counts[0] = 1.0
    if width % 2 == 0:
        counts[-1] = 1.0
    return counts


def _wide(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
