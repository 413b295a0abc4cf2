"""Content keys: 64 bits that name an image by what it shows, and a sketch that notices shared images."""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["SKETCH", "content_keys", "mix", "shared_share", "sketch"]

SKETCH: Final = 4096
"""How many of the smallest keys a sketch keeps."""

Keys = NDArray[np.uint64]


@functools.lru_cache(maxsize=8)
def _multipliers(words: int) -> Keys:
    rng = np.random.Generator(np.random.PCG64(0x61637574616E6365))
    return rng.integers(0, 2**63, size=words, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


def mix(keys: Keys) -> Keys:
    """The splitmix64 finaliser: every input bit moves every output bit."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def content_keys(images: Float[Tensor, "n *rest"]) -> Keys:
    """A 64-bit key per image, a function of its 8-bit content alone (so a copy saved as PNG keeps its key).

    A multilinear hash of the bytes, taken eight at a time, modulo 2^64. Two images with one key would merely share
    their bootstrap weights.
    """
    scaled = images.mul(255.0).round_().clamp_(0, 255).reshape(len(images), -1)
    grey = scaled.short().numpy().astype(np.uint8)  # three times as fast as `byte`
    if padding := -grey.shape[1] % 8:
        grey = np.pad(grey, ((0, 0), (0, padding)))
    words = np.ascontiguousarray(grey).view(np.uint64)
    words = words ^ (words >> np.uint64(32))
    words *= _multipliers(words.shape[1])
    return mix(words.sum(axis=1, dtype=np.uint64))


def sketch(*parts: Keys) -> Keys:
    """The SKETCH smallest distinct keys of all parts: mergeable, of constant size (Beyer et al. 2007)."""
    return np.unique(np.concatenate([np.empty(0, np.uint64), *parts]))[:SKETCH]


def shared_share(a: Keys, b: Keys) -> float:
    """Estimated share of the smaller set's distinct images that are also in the other; exact below SKETCH images."""
    if len(a) == 0 or len(b) == 0:
        return 0.0
    limit = min(k[-1] if len(k) == SKETCH else np.uint64(2**64 - 1) for k in (a, b))
    inside = [k[k <= limit] for k in (a, b)]
    smaller = min(len(k) for k in inside)
    return len(np.intersect1d(inside[0], inside[1])) / smaller if smaller else 0.0
