"""Gaussian likelihoods: the pixel loss of an autoencoder, with the decoder noise it implies stated (T9)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["calibrated_gaussian", "effective_sigma", "fixed_gaussian", "learned_gaussian", "squared_error"]

MIN_LOG_SIGMA = -6.0


def squared_error(images: Float[Tensor, "n *pixels"], outputs: Float[Tensor, "n *pixels"]) -> Float[Tensor, " n"]:
    """Sum of squared differences of each image, in float32 at least."""
    return (_wide(images) - _wide(outputs)).square().flatten(1).sum(1)


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
    images: Float[Tensor, "n *pixels"], outputs: Float[Tensor, "n *pixels"], mse: Float[Tensor, ""] | None = None
) -> Float[Tensor, " n"]:
    """(D/2) log(mse of the batch): the Gaussian likelihood at its own best shared sigma, nats per image.

    The same number for every image of the batch; its gradient is that of SSE / (2 mse). log sigma is kept >= -6; where
    the images are fitted better than that, the gradient is that of SSE / (2 sigma^2) at log sigma = -6.

    Args:
        images: values in [0, 1].
        outputs: same shape.
        mse: mean squared error per dimension of the whole batch, where these images are one process's share of it;
            their own by default. No gradient passes through it.

    References:
        Rybkin, Daniilidis, Levine 2021, sigma-VAE; T9.
    """
    per_image = squared_error(images, outputs)
    dimensions = images[0].numel()
    own = per_image.mean() / dimensions
    shared = (own if mse is None else mse).detach().clamp_min(math.exp(2 * MIN_LOG_SIGMA))
    total = 0.5 * dimensions * (torch.log(shared) + (own - own.detach()) / shared)
    return total.expand_as(per_image)


def learned_gaussian(
    images: Float[Tensor, "n *pixels"], outputs: Float[Tensor, "n *pixels"], log_sigma: Float[Tensor, ""]
) -> Float[Tensor, " n"]:
    """D log sigma + SSE / (2 sigma^2): the Gaussian likelihood at a shared sigma that is learnt, nats per image.

    Its optimum in sigma is `sqrt(mse)`, where a calibrated one stands at once. log sigma is kept >= -6.

    Args:
        images: values in [0, 1].
        outputs: same shape.
        log_sigma: of the decoder noise in units of the pixel range; a gradient reaches it.

    References:
        Rybkin, Daniilidis, Levine 2021, section 3 (shared sigma); T9.
    """
    log_sigma = log_sigma.clamp_min(MIN_LOG_SIGMA)
    return images[0].numel() * log_sigma + 0.5 * squared_error(images, outputs) * torch.exp(-2 * log_sigma)


def effective_sigma(kl_weight: float, sigma: float) -> float:
    """The decoder noise of the plain VAE with the same optimum: SSE/(2 sigma^2) + w KL  ->  sigma sqrt(w) (T9).

    Example:
        >>> effective_sigma(4.0, 0.5)
        1.0
    """
    return sigma * math.sqrt(kl_weight)


def _wide(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
