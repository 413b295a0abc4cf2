"""Laplace likelihoods: absolute errors as a likelihood, whose best output is the conditional median (T5)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["absolute_error", "calibrated_laplace", "effective_scale", "fixed_laplace", "learned_laplace"]

MIN_LOG_SCALE = -6.0


def absolute_error(images: Float[Tensor, "n *pixels"], outputs: Float[Tensor, "n *pixels"]) -> Float[Tensor, " n"]:
    """Sum of absolute differences of each image, in float32 at least."""
    wide = torch.promote_types(images.dtype, torch.float32)
    return (images.to(wide) - outputs.to(wide)).abs().flatten(1).sum(1)


def fixed_laplace(
    images: Float[Tensor, "n *pixels"], outputs: Float[Tensor, "n *pixels"], sigma: float
) -> Float[Tensor, " n"]:
    """-log Laplace(images; outputs, b) in nats per image, without the constant D log(2 b).

    Args:
        images: values in [0, 1].
        outputs: same shape.
        sigma: standard deviation of the decoder noise, in units of the pixel range, > 0; b = sigma / sqrt(2).
    """
    return absolute_error(images, outputs) * math.sqrt(2) / sigma


def calibrated_laplace(
    images: Float[Tensor, "n *pixels"], outputs: Float[Tensor, "n *pixels"], mae: Float[Tensor, ""] | None = None
) -> Float[Tensor, " n"]:
    """D log(mean absolute error of the batch): the Laplace likelihood at its own best shared b, nats per image.

    The same number for every image of the batch; its gradient is that of SAE / mae. log b is kept >= -6.

    Args:
        images: values in [0, 1].
        outputs: same shape.
        mae: mean absolute error per dimension of the whole batch, where these images are one process's share of it;
            their own by default. No gradient passes through it.

    References:
        T5; the calibration as for the Gaussian, Rybkin, Daniilidis, Levine 2021.
    """
    per_image = absolute_error(images, outputs)
    dimensions = images[0].numel()
    own = per_image.mean() / dimensions
    shared = (own if mae is None else mae).detach().clamp_min(math.exp(MIN_LOG_SCALE))
    total = dimensions * (torch.log(shared) + (own - own.detach()) / shared)
    return total.expand_as(per_image)


def learned_laplace(
    images: Float[Tensor, "n *pixels"], outputs: Float[Tensor, "n *pixels"], log_scale: Float[Tensor, ""]
) -> Float[Tensor, " n"]:
    """D log b + SAE / b: the Laplace likelihood at a shared b that is learnt, nats per image.

    Args:
        images: values in [0, 1].
        outputs: same shape.
        log_scale: log b, in units of the pixel range, kept >= -6; a gradient reaches it.

    References:
        T5; the shared scale as for the Gaussian, Rybkin, Daniilidis, Levine 2021.
    """
    log_scale = log_scale.clamp_min(MIN_LOG_SCALE)
    return images[0].numel() * log_scale + absolute_error(images, outputs) * torch.exp(-log_scale)


def effective_scale(kl_weight: float, scale: float) -> float:
    """The scale of the plain VAE with the same optimum: SAE / b + w KL  ->  b w (T9).

    Example:
        >>> effective_scale(4.0, 0.25)
        1.0
    """
    return scale * kl_weight
