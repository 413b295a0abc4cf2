"""The energy score: several draws judged as a distribution, by distances alone (T16)."""

from __future__ import annotations

from itertools import combinations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acutance.errors import InputError

__all__ = ["distance", "energy_score"]

_TINY = 1e-12


def energy_score(
    images: Float[Tensor, "n c h w"], draws: Float[Tensor, "k n c h w"], patch: int = 0
) -> Float[Tensor, " n"]:
    """E|x - r| - 1/2 E|r - r'| of each image, from k draws r of one code; least where r is distributed as x is.

    Unlike a likelihood it needs no density, and unlike a squared error it is least for the distribution, not its mean.

    Args:
        images: values in [0, 1].
        draws: k >= 2 of them for each image, independent of one another.
        patch: side in pixels of the patches that distances are taken over, half a patch apart; 0 is the whole image.

    Raises:
        InputError: fewer than two draws.

    References:
        Gneiting and Raftery 2007; T16.
    """
    if len(draws) < 2:
        raise InputError(f"an energy score takes at least two draws of each code, got {len(draws)}")
    to_images = torch.stack([distance(images, draw, patch) for draw in draws]).mean(0)
    apart = torch.stack([distance(a, b, patch) for a, b in combinations(draws, 2)]).mean(0)
    return to_images - 0.5 * apart


def distance(a: Float[Tensor, "n c h w"], b: Float[Tensor, "n c h w"], patch: int = 0) -> Float[Tensor, " n"]:
    """Root mean squared difference over the values of an image, or over those of a patch, averaged over patches."""
    wide = torch.promote_types(a.dtype, torch.float32)
    squared = (a.to(wide) - b.to(wide)).square().mean(1, keepdim=True)
    side = (patch, patch) if patch else (squared.shape[2], squared.shape[3])
    pooled = F.avg_pool2d(squared, side, stride=(max(1, side[0] // 2), max(1, side[1] // 2)))
    return pooled.clamp_min(_TINY).sqrt().flatten(1).mean(1)
