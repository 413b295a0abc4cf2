"""Digests on disk: which images something was made from, without the images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["load_digests", "save_digests"]


def save_digests(file: Path, digests: NDArray[np.uint8]) -> None:
    """Writes a hash of each image.

    Args:
        file: replaced if it is there.
        digests: `ImageSet.digests`, (N, 16).
    """
    with file.open("wb") as handle:
        np.save(handle, np.ascontiguousarray(digests), allow_pickle=False)


def load_digests(file: Path) -> NDArray[np.uint8] | None:
    """What `save_digests` wrote.

    Args:
        file: that it wrote.

    Returns:
        A hash of each image, uint8 (N, 16); None where there is no such file, or it is damaged.
    """
    try:
        found: Any = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    fits = isinstance(found, np.ndarray) and found.dtype == np.uint8 and found.ndim == 2 and found.shape[1] == 16
    return found if fits else None
