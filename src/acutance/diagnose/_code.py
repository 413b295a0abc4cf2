"""What a code itself says: its rate, its active units, how much of a codebook is used (T8, T10)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.measure import Reading
from acutance.measure._keys import content_keys
from acutance.models._vae import ACTIVE_NATS
from acutance.nn.latents import Codes, DiagonalNormal, Latent
from acutance.stats import mean_interval, percentile_interval, poisson_weights

__all__ = ["code_readings"]

_NATS_PER_BIT = math.log(2)
_TOKENS_PER_ENTRY = 10

Floats = NDArray[np.float64]


def code_readings(latents: Sequence[Latent], batches: Iterable[Tensor]) -> list[Reading]:
    """The readings of a code; none of a point, which has no finite rate.

    Args:
        latents: of consecutive batches.
        batches: the images they are of.

    Returns:
        Of Gaussians `rate_bits` and `active_units`; of codes `rate_bits` (tokens times the entropy of an index),
        `codebook_perplexity` and `codebook_usage`.
    """
    keys = np.concatenate([content_keys(batch.cpu()) for batch in batches])
    normals = [latent for latent in latents if isinstance(latent, DiagonalNormal)]
    codes = [latent for latent in latents if isinstance(latent, Codes)]
    if len(normals) == len(latents):
        return _of_normals(normals, keys)
    return _of_codes(codes, keys) if len(codes) == len(latents) else []


def _of_normals(latents: Sequence[DiagonalNormal], keys: NDArray[np.uint64]) -> list[Reading]:
    cost = torch.cat([latent.cost_per_unit().flatten(1).double().cpu() for latent in latents]).numpy()
    n = len(cost)
    rate, low, high = mean_interval(cost.sum(1) / _NATS_PER_BIT)
    weights = poisson_weights(keys)
    active = (weights.T @ cost > ACTIVE_NATS * weights.sum(0)[:, None]).sum(1).astype(np.float64)
    unit = f"of {cost.shape[1]}"
    return [
        Reading(name="rate_bits", value=rate, unit="bits/image", better="none", n=n, low=low, high=high),
        _reading("active_units", active, unit, n),
    ]


def _of_codes(latents: Sequence[Codes], keys: NDArray[np.uint64]) -> list[Reading]:
    indices = torch.cat([latent.indices.flatten(1).cpu() for latent in latents]).numpy()
    n, tokens = indices.shape
    size = max(latent.size for latent in latents)
    weights = poisson_weights(keys)
    counts = np.stack([np.bincount(indices.ravel(), np.repeat(column, tokens), size) for column in weights.T])
    shares = counts / counts.sum(1, keepdims=True)
    entropy = -np.sum(shares * np.log(shares, out=np.zeros_like(shares), where=shares > 0), axis=1)
    few = n * tokens < _TOKENS_PER_ENTRY * size
    notes = (f"{n * tokens:,} tokens for {size:,} entries: too few to know, both come out low",) if few else ()
    return [
        _reading("rate_bits", tokens * entropy / _NATS_PER_BIT, "bits/image", n, notes),
        _reading("codebook_perplexity", np.exp(entropy), f"of {size}", n, notes),
        _reading("codebook_usage", (counts > 0).mean(1), "share", n, notes),
    ]


def _reading(name: str, replicates: Floats, unit: str, n: int, notes: tuple[str, ...] = ()) -> Reading:
    """The value comes first, its bootstrap replicates after it."""
    low, high = (float(end) for end in percentile_interval(replicates[1:], n))
    return Reading(
        name=name,
        value=float(replicates[0]),
        unit=unit,
        better="none",
        n=n,
        low=low,
        high=high,
        preconditions=notes,
    )
