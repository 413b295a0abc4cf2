"""Attribute vectors: what images with an attribute have in common in a code, and adding it to others (theory E)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from acutance.errors import InputError
from acutance.models._capabilities import Encodes
from acutance.models._through import into

__all__ = ["attribute_vector", "edit"]


@torch.no_grad()
def attribute_vector(model: Encodes, having: Iterable[Tensor], lacking: Iterable[Tensor]) -> Tensor:
    """The mean of the latent means of images with an attribute, minus that of images without.

    Args:
        model: what encodes; no gradient passes.
        having: batches (n, C, H, W) in [0, 1] of images with the attribute.
        lacking: batches of images without.

    Returns:
        (*latent), float32.

    Raises:
        InputError: there is no image on one of the sides.

    References:
        Larsen et al. 2016; theory E.
    """
    means = {side: _mean(model, batches) for side, batches in (("with", having), ("without", lacking))}
    for side, mean in means.items():
        if mean is None:
            raise InputError(f"an attribute vector needs images with the attribute and without; none is {side} it")
    with_it, without = means["with"], means["without"]
    assert with_it is not None and without is not None
    return (with_it - without).float()


@torch.no_grad()
def edit(model: Encodes, images: Tensor, vector: Tensor, strength: float = 1.0) -> Tensor:
    """decode(mean of encode(images) + strength * vector); no gradient passes.

    Args:
        model: what encodes and decodes.
        images: (N, C, H, W) in [0, 1].
        vector: (*latent), from `attribute_vector`.
        strength: 1 adds as much as the attribute makes on average, negative takes away.

    Raises:
        InputError: a vector of another shape than the latents, or a strength that is no number.
    """
    if not math.isfinite(strength):
        raise InputError(f"strength is a finite number, got {strength}")
    mean = model.encode(into(model, images)).mode
    if vector.shape != mean.shape[1:]:
        raise InputError(
            f"latents are {tuple(mean.shape[1:])}, the attribute vector is {tuple(vector.shape)}: it is another model's"
        )
    return model.decode(mean + strength * vector.to(mean))


def _mean(model: Encodes, batches: Iterable[Tensor]) -> Tensor | None:
    total: Tensor | None = None
    count = 0
    for images in batches:
        if not len(images):
            continue
        found = model.encode(into(model, images)).mode.double().sum(0)
        total = found if total is None else total + found
        count += len(images)
    return None if total is None else total / count
