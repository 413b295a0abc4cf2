"""Freed memory kept for the next step, instead of being given back and taken anew."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["keep_freed_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST_MMAP_THRESHOLD = 32 * 2**20
_NEVER_TRIM = 2**30


def keep_freed_memory() -> bool:
    """Tells glibc to keep what is freed, for the life of the process.

    It gives blocks from 128 KiB on back to the system at once by default; a training step on a CPU then faults all its
    activations in again, page by page. Elsewhere than under glibc nothing is done.

    Returns:
        Whether glibc took it.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    taken = [mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD), mallopt(_TRIM_THRESHOLD, _NEVER_TRIM)]
    return all(taken)
