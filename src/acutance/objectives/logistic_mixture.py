"""A mixture of discretised logistic distributions for each pixel, over the 256 levels of 8-bit images."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

__all__ = ["LEVELS", "level_mean", "logistic_mixture", "mixture_draw", "mixture_mean"]

LEVELS = 256
MIN_LOG_SCALE, MAX_LOG_SCALE = -6.0, 1.0
_HALF = 0.5 / (LEVELS - 1)
_TINY = 1e-12


def logistic_mixture(
    images: Float[Tensor, "n *pixels"],
    logits: Float[Tensor, "k n *pixels"],
    means: Float[Tensor, "k n *pixels"],
    log_scales: Float[Tensor, "k n *pixels"],
) -> Float[Tensor, " n"]:
    """-log p(images) in nats per image, p the density over [0, 1] that spreads each level's mass over 1/255.

    The mass of level v is that of the mixture between v - 1/510 and v + 1/510; what lies below 0 or above 1 belongs to
    the outermost levels. The density is 255 times the mass, so that it can be set beside that of a Gaussian.

    Args:
        images: values in [0, 1], on the levels v / 255.
        logits: of the components' weights.
        means: of the components, in units of the pixel range.
        log_scales: logarithms of the scales, kept between -6 and 1 (far beyond the pixel range no number would be left
            to take a gradient of); the deviation of a component is pi / sqrt(3) times its scale.

    References:
        Salimans, Karpathy, Chen, Kingma 2017 (PixelCNN++).
    """
    wide = torch.promote_types(images.dtype, torch.float32)
    values, scales = images.to(wide), log_scales.to(wide).clamp(MIN_LOG_SCALE, MAX_LOG_SCALE).exp()
    off = values - means.to(wide)
    above, below = (off + _HALF) / scales, (off - _HALF) / scales
    # sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - e^(b - a)): exact also where both are near 1
    inner = F.logsigmoid(above) + F.logsigmoid(-below) + torch.log(-torch.expm1(below - above) + _TINY)
    first, last = values < _HALF, values > 1 - _HALF
    mass = torch.where(first, F.logsigmoid(above), torch.where(last, F.logsigmoid(-below), inner))
    log_p = torch.logsumexp(F.log_softmax(logits.to(wide), 0) + mass, 0)
    return -(log_p + math.log(LEVELS - 1)).flatten(1).sum(1)


def mixture_mean(logits: Float[Tensor, "k *values"], means: Float[Tensor, "k *values"]) -> Float[Tensor, "*values"]:
    """The mean of the mixture before it is discretised: it may lie outside the range of pixels."""
    return (torch.softmax(logits, 0) * means).sum(0)


def level_mean(
    logits: Float[Tensor, "k *values"], means: Float[Tensor, "k *values"], log_scales: Float[Tensor, "k *values"]
) -> Float[Tensor, "*values"]:
    """The mean of what `logistic_mixture` is a distribution of, in [0, 1], to a part of a level.

    What lies outside belongs to the outermost levels, so that it is the mean of the mixture cut off at 0 and 1:
    `int_0^1 P(x > t) dt = sum_k w_k s_k [softplus(m_k / s_k) - softplus((m_k - 1) / s_k)]`.
    """
    scales = log_scales.clamp(MIN_LOG_SCALE, MAX_LOG_SCALE).exp()
    cut = scales * (F.softplus(means / scales) - F.softplus((means - 1) / scales))
    return (torch.softmax(logits, 0) * cut).sum(0)


def mixture_draw(
    logits: Float[Tensor, "k *values"],
    means: Float[Tensor, "k *values"],
    log_scales: Float[Tensor, "k *values"],
    generator: torch.Generator,
) -> Float[Tensor, "*values"]:
    """A draw of each value, rounded to its level."""
    uniform = torch.rand((2, *logits.shape[1:]), generator=generator, device=logits.device).clamp(1e-6, 1 - 1e-6)
    place = torch.softmax(logits, 0).cumsum(0) < uniform[0]
    component = place.sum(0, keepdim=True).clamp_max(len(logits) - 1)
    mean, log_scale = (values.gather(0, component)[0] for values in (means, log_scales))
    drawn = mean + log_scale.clamp(MIN_LOG_SCALE, MAX_LOG_SCALE).exp() * torch.logit(uniform[1])
    return (drawn.clamp(0, 1) * (LEVELS - 1)).round() / (LEVELS - 1)
