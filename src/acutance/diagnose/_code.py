"""What a code itself says: its rate, its active units, how much of a codebook is used (T8, T10)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from acutance.measure import Reading
from acutance.measure._keys import content_keys
from acutance.models._bottleneck import ACTIVE_NATS
from acutance.nn.latents import Codes, DiagonalNormal, Latent
from acutance.stats import mean_interval, percentile_interval, poisson_weights

__all__ = ["code_readings", "code_use"]

_NATS_PER_BIT = math.log(2)
_TOKENS_PER_ENTRY = 10

Floats = NDArray[np.float64]


def code_readings(latent: Latent, batches: Iterable[Tensor]) -> list[Reading]:
    """The readings of a code; none of a point, which has no finite rate.

    Args:
        latent: of all images.
        batches: those images.

    Returns:
        Of Gaussians `rate_bits` and `active_units`; of codes `rate_bits` (tokens times the entropy of an index),
        `codebook_perplexity` and `codebook_usage`, corrected for the number of images.
    """
    if isinstance(latent, DiagonalNormal):
        return _of_normals(latent, np.concatenate([content_keys(batch) for batch in batches]))
    return _of_codes(latent) if isinstance(latent, Codes) else []


def _of_normals(latent: DiagonalNormal, keys: NDArray[np.uint64]) -> list[Reading]:
    cost = latent.cost_per_unit().flatten(1).double().numpy()
    n = len(cost)
    rate, low, high = mean_interval(cost.sum(1) / _NATS_PER_BIT)
    weights = poisson_weights(keys)
    active = (weights.T @ cost > ACTIVE_NATS * weights.sum(0)[:, None]).sum(1).astype(np.float64)
    unit = f"of {cost.shape[1]}"
    return [
        Reading(name="rate_bits", value=rate, unit="bits/image", better="none", n=n, low=low, high=high),
        _reading("active_units", active, unit, n),
    ]


def _of_codes(code: Codes) -> list[Reading]:
    """Of a product of books with too few tokens for the whole: the perplexity of one book, the rate of all."""
    parts, levels, notes = _books(code)
    _, n, tokens = parts.shape
    entropies, seen = (np.mean(found, axis=0) for found in zip(*map(code_use, parts), strict=True))
    largest = int(levels.max())
    if n * tokens < _TOKENS_PER_ENTRY * largest:
        notes += (f"{n * tokens:,} tokens for {largest:,} entries: too few to know, both come out low",)
    entropy = np.clip(mean_interval(entropies), 0.0, np.log(levels).mean())
    usage = np.minimum(mean_interval(seen / levels.mean()), 1.0)
    return [
        _corrected("rate_bits", len(levels) * tokens * entropy / _NATS_PER_BIT, "bits/image", n, notes),
        _corrected("codebook_perplexity", np.exp(entropy), f"of {np.exp(np.log(levels).mean()):.4g}", n, notes),
        _corrected("codebook_usage", usage, "share", n, notes),
    ]


def _books(code: Codes) -> tuple[NDArray[np.int64], Floats, tuple[str, ...]]:
    """Indices (books, n, tokens), the entries of each book, and what to know of it."""
    apart = len(code.books) > 1 and code.indices.numel() < _TOKENS_PER_ENTRY * code.size
    parts = (code.per_book() if apart else code.indices[:, None]).flatten(2)
    notes = ("books counted apart: what they have in common is counted twice in the rate",) if apart else ()
    return parts.transpose(0, 1).numpy(), np.array(code.books if apart else (code.size,), np.float64), notes


def code_use(indices: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The entropy of an index in nats and the number of entries in use, corrected for the number of images.

    Both come out too low on few images. What an image adds is known from leaving it out; `n t - (n - 1) t_i`, with `t`
    of all n images and `t_i` of all but image i, has the first term of that error removed in its mean, and the spread
    of these values is the error that is left. Tokens of an image may depend on one another: the image is the unit.

    Args:
        indices: (n, tokens).

    Returns:
        n pseudo-values of each.

    References:
        Zahl 1977; Burnham and Overton 1978.
    """
    n, tokens = indices.shape
    _, entry = np.unique(indices, return_inverse=True)
    counts = np.bincount(entry.ravel())
    pair, taken = np.unique(np.repeat(np.arange(n), tokens) * len(counts) + entry.ravel(), return_counts=True)
    image, before = pair // len(counts), counts[pair % len(counts)]
    weight = np.sum(_x_log_x(counts))
    whole = math.log(n * tokens) - weight / (n * tokens)
    if n == 1:
        return np.array([whole]), np.array([float(len(counts))])
    left = weight + np.bincount(image, _x_log_x(before - taken) - _x_log_x(before), n)
    without = math.log((n - 1) * tokens) - left / ((n - 1) * tokens)
    lost = np.bincount(image, before == taken, n)
    return n * whole - (n - 1) * without, len(counts) + (n - 1) * lost


def _x_log_x(counts: NDArray[np.int64]) -> Floats:
    return np.multiply(counts, np.log(np.maximum(counts, 1)), dtype=np.float64)


def _corrected(name: str, interval: Floats, unit: str, n: int, notes: tuple[str, ...]) -> Reading:
    """A value with its interval around it."""
    value, low, high = (float(end) for end in interval)
    return Reading(name=name, value=value, unit=unit, better="none", n=n, low=low, high=high, preconditions=notes)


def _reading(name: str, replicates: Floats, unit: str, n: int) -> Reading:
    """The value comes first, its bootstrap replicates after it."""
    low, high = (float(end) for end in percentile_interval(replicates[1:], n))
    return Reading(name=name, value=float(replicates[0]), unit=unit, better="none", n=n, low=low, high=high)
