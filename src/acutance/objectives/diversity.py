"""A diversity term for a generator that is given a condition and noise: it is to use the noise (T11)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["lacking_diversity", "output_diversity"]

_TINY = 1e-8


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


def lacking_diversity(
    first: Float[Tensor, "n *pixels"], second: Float[Tensor, "n *pixels"], mse: Float[Tensor, ""]
) -> Float[Tensor, ""]:
    """max(0, 1 - sqrt(rho)): 1 where noise is ignored, 0 from where it is used as much as a posterior sampler does.

    Taken over the batch and not for each image, so that outputs may differ where the condition leaves something open.

    Args:
        first: outputs.
        second: outputs for the same conditions and other noise.
        mse: D* per dimension.

    References:
        T11; diversity terms with a bound of another kind: Yang et al. 2019, Mao et al. 2019.
    """
    return (1 - (output_diversity(first, second, mse) + _TINY).sqrt()).clamp_min(0)
