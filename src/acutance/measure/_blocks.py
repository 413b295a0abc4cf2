"""Squared distances and inner products a block at a time, so that no n x n matrix is ever held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

__all__ = ["BLOCK", "spans"]

BLOCK: Final = 1024
"""Rows and columns of a block: 4 MB in float32, which stays near the processor."""


def spans(n: int, size: int = BLOCK) -> Iterator[slice]:
    """Slices of at most `size` that cover 0 ... n - 1."""
    return (slice(i, min(i + size, n)) for i in range(0, n, size))
