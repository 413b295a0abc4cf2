"""Which images a training step sees: a pure function of the seed and the step, so that resuming is exact."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import torch

from acutance.errors import ConfigError
from acutance.rng import rng_for

__all__ = ["batch_indices", "order"]

Indices = np.ndarray[Any, np.dtype[np.int64]]


@functools.lru_cache(maxsize=4)
def order(seed: int, epoch: int, n: int) -> Indices:
    """The order in which epoch number `epoch` goes through `n` images.

    Args:
        seed: the run's seed.
        epoch: 0, 1, 2, ...
        n: number of images, at least 1.

    Returns:
        A read-only permutation of 0 ... n - 1.

    Example:
        >>> sorted(order(0, 1, 4).tolist())
        [0, 1, 2, 3]
    """
    indices: Indices = torch.randperm(n, generator=rng_for(seed, epoch, "order")).numpy()
    indices.setflags(write=False)
    return indices


def batch_indices(n: int, batch_size: int, seed: int, step: int) -> Indices:
    """The images of training step `step`.

    The epochs' orders stand one behind the other, and step k takes places `k batch_size ... (k + 1) batch_size - 1`
    of that line: a batch may cross the end of an epoch, no image is dropped, and nothing needs to be remembered.

    Args:
        n: number of images, at least 1.
        batch_size: images a step, at least 1; it may exceed `n`.
        seed: the run's seed.
        step: 0, 1, 2, ...

    Returns:
        `batch_size` integers from 0 to n - 1.

    Raises:
        ConfigError: there are no images, or the batch size or step is out of range.
    """
    if n < 1 or batch_size < 1 or step < 0:
        raise ConfigError(
            f"a batch needs images, a batch size of at least 1 and a step from 0 on; got {n}, {batch_size} and {step}"
        )
    first, last = step * batch_size, (step + 1) * batch_size
    parts = []
    for epoch in range(first // n, (last - 1) // n + 1):
        start = epoch * n
        parts.append(order(seed, epoch, n)[max(first - start, 0) : last - start])
    return np.concatenate(parts)
