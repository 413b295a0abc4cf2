"""A diversity term for a generator that is given a condition and noise: it is to use the noise (T11)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["LEAST_MSE", "error_of_the_mean", "lacking_diversity", "output_diversity"]

_TINY = 1e-8
LEAST_MSE = 1 / (12 * 255**2)
"""The squared error of rounding to 8 bits: no D* is less."""


def output_diversity(
    first: Float[Tensor, "n *pixels"], second: Float[Tensor, "n *pixels"], mse: Float[Tensor, ""]
) -> Float[Tensor, ""]:
    """rho = E|r1 - r2|^2 / (2 D*): 1 for a posterior sampler, 0 where noise is ignored.

    Args:
        first: outputs.
        second: outputs for the same conditions and other noise.
        mse: D* per dimension, the error of the best regression from the condition.

    References:
        T11.
    """
    wide = torch.promote_types(first.dtype, torch.float32)
    return (first.to(wide) - second.to(wide)).square().mean() / (2 * mse)


def lacking_diversity(diversity: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """max(0, 1 - sqrt(rho)): 1 where noise is ignored, 0 from where it is used as much as a posterior sampler does.

    Taken over the batch and not for each image, so that outputs may differ where the condition leaves something open.

    Args:
        diversity: rho of the whole batch, those shares of it included that other processes hold.

    References:
        T11; diversity terms with a bound of another kind: Yang et al. 2019, Mao et al. 2019.
    """
    return (1 - (diversity + _TINY).sqrt()).clamp_min(0)


@torch.no_grad()
def error_of_the_mean(
    targets: Float[Tensor, "n *pixels"], first: Float[Tensor, "n *pixels"], second: Float[Tensor, "n *pixels"]
) -> Float[Tensor, ""]:
    """D* per dimension as far as two outputs tell it, E (x - r1)(x - r2); no gradient passes.

    That is the error of the mean of all outputs for a condition: the noise of the two, being independent, drops out, so
    that what differs more is not asked to differ more still. It is D* where that mean is the conditional mean, and more
    where it is worse. Noise use is read by the same (T11), with K outputs in place of two.

    Args:
        targets: what the outputs should be, in [0, 1].
        first: outputs.
        second: outputs for the same conditions and other noise.

    Returns:
        A mean over images, which chance may bring below 0: it is D* from `LEAST_MSE` on.
    """
    wide = torch.promote_types(first.dtype, torch.float32)
    return ((targets - first.to(wide)) * (targets - second.to(wide))).mean()
