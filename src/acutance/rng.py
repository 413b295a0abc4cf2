"""Explicit randomness: a generator is a pure function of a seed and of what it is for.

Because nothing is drawn from a hidden stream, a run that is resumed at step m draws what the unbroken run would have
drawn at step m, with no generator state in the checkpoint.
"""

from __future__ import annotations

import contextlib
import hashlib
import operator
from collections.abc import Iterator

import torch

__all__ = ["rng_for", "seed_for", "seeded", "streams_kept"]


def seed_for(seed: int, *keys: int | str) -> int:
    """A 63-bit seed, stable across processes, machines and Python versions.

    Args:
        seed: the run's seed.
        keys: what the draw is for. The integers of NumPy and torch count as what they are equal to.

    Raises:
        TypeError: a key is neither a word nor an integer.

    Example:
        >>> seed_for(0, 1, "critic") == seed_for(0, 1, "critic")
        True
        >>> seed_for(0, 1, "critic") == seed_for(0, "1", "critic")
        False
    """
    text = "\x1f".join(_tagged(key) for key in (seed, *keys))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def rng_for(seed: int, *keys: int | str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator for one purpose, e.g. `rng_for(seed, step, "critic")`.

    Args:
        seed: the run's seed.
        keys: what the draw is for; integers and words, in a fixed order.
        device: where the draws are made. CPU and CUDA draw different numbers from one seed.
    """
    return torch.Generator(device=device).manual_seed(seed_for(seed, *keys))


@contextlib.contextmanager
def seeded(seed: int, *keys: int | str) -> Iterator[None]:
    """torch's hidden streams set for one purpose and then put back: for models of others that draw from it.

    Args:
        seed: the run's seed.
        keys: what the draws are for.
    """
    with streams_kept():
        torch.manual_seed(seed_for(seed, *keys))
        yield


@contextlib.contextmanager
def streams_kept() -> Iterator[None]:
    """torch's hidden streams, the processor's and those of GPUs in use, put back afterwards as they were."""
    in_use = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    with torch.random.fork_rng(devices=range(torch.cuda.device_count() if in_use else 0)):
        yield


def _tagged(key: int | str) -> str:
    return f"str:{key}" if isinstance(key, str) else f"int:{operator.index(key)}"
