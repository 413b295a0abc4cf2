"""Held-out images: stable, and without leaks between near variants or equal images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from acutance.errors import ConfigError, SourceError

__all__ = ["held_out_mask"]


def held_out_mask(
    groups: Sequence[str], digests: np.ndarray[Any, np.dtype[np.uint8]], share: float
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which images are held out.

    Every group has a fixed place in [0, 1), a hash of its name, and is held out where this is below `share`. Groups
    that share an equal image are tied, and stand at the place of the first of their names, in alphabetical order. If no
    group (or every group) falls below `share`, the lowest (or all but the highest) is held out. So a new image moves an
    old one only where it ties that one's group to a name before all that it was tied to, or where one side was empty
    without it.

    Args:
        groups: the group of each image.
        digests: a content hash of each image, (N, 16).
        share: the share of groups to hold out, 0 < share < 1.

    Returns:
        One truth value an image, at least one of each.

    Raises:
        ConfigError: the share is not between 0 and 1.
        SourceError: all images are in one group, so that none can be held out without a leak.
    """
    if not 0.0 < share < 1.0:
        raise ConfigError(f"the held-out share lies between 0 and 1, both excluded; got {share}")
    tied = _tied(groups, digests)
    places = {root: _place(root) for root in set(tied)}
    if len(places) < 2:
        raise SourceError(
            f"all {len(groups)} images belong together (one name family, or equal images), so none can be held out "
            "without a leak; add other images, or name unrelated ones differently"
        )
    level = _level(sorted(places.values()), share)
    return np.array([places[root] < level for root in tied])


def _level(places: list[float], share: float) -> float:
    """`share`, or the nearest level that leaves a group on either side."""
    if places[0] >= share:
        return places[1]
    return min(share, places[-1])


def _place(group: str) -> float:
    """A stable, uniform number in [0, 1)."""
    digest = hashlib.blake2b(group.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / float(1 << 53)


def _tied(groups: Sequence[str], digests: np.ndarray[Any, np.dtype[np.uint8]]) -> list[str]:
    """For each image, the first name among the groups that equal images tie to its own."""
    root = {group: group for group in groups}

    def find(group: str) -> str:
        while root[group] != group:
            root[group] = root[root[group]]
            group = root[group]
        return group

    first_with: dict[bytes, str] = {}
    for group, digest in zip(groups, digests, strict=True):
        one, other = sorted((find(group), find(first_with.setdefault(digest.tobytes(), group))))
        root[other] = one
    return [find(group) for group in groups]
