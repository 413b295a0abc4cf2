"""Gaussian likelihoods: the pixel loss of an autoencoder, with the decoder noise it implies stated (T9)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["calibrated_gaussian", "effective_sigma", "fixed_gaussian", "squared_error"]

MIN_LOG_SIGMA = -6.0


def squared_error(images: Float[Tensor, "n *pixels"], outputs: Float[Tensor, "n *pixels"]) -> Float[Tensor, " n"]:
    """Sum of squared differences of each image, in float32."""
    return (images.float() - outputs.float()).square().flatten(1).sum(1)


def fixed_gaussian(
    images: Float[Tensor, "n *pixels"], outputs: Float[Tensor, "n *pixels"], sigma: float
) -> Float[Tensor, " n"]:
    """-log N(images; outputs, sigma^2) in nats per image, without the constant (D/2) log(2 pi sigma^2).

    Args:
        images: values in [0, 1].
        outputs: same shape.
        sigma: standard deviation of the decoder noise, in units of the pixel range, > 0.
    """
    return squared_error(images, outputs) / (2 * sigma**2)


def calibrated_gaussian(
    images: Float[Tensor, "n *pixels"], outputs: Float[Tensor, "n *pixels"]
) -> Float[Tensor, " n"]:
    """(D/2) log(mse of the batch): the Gaussian likelihood at its own best shared sigma, nats per image.

    The same number for every image of the batch; its gradient is that of SSE / (2 mse). log sigma is kept >= -6.

    References:
        Rybkin, Daniilidis, Levine 2021, sigma-VAE; T9.
    """
    per_image = squared_error(images, outputs)
    dimensions = images[0].numel()
    mse = per_image.mean() / dimensions
    log_mse = torch.log(mse.clamp_min(math.exp(2 * MIN_LOG_SIGMA)))
    return (0.5 * dimensions * log_mse).expand_as(per_image)


def effective_sigma(kl_weight: float, sigma: float) -> float:
    """The decoder noise of the plain VAE with the same optimum: SSE/(2 sigma^2) + w KL  ->  sigma sqrt(w) (T9).

    Example:
        >>> effective_sigma(4.0, 0.5)
        1.0
    """
    return sigma * math.sqrt(kl_weight)
