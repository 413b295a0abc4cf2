"""Images in memory-mapped bytes, with their names, groups and labels."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from acutance.data._split import held_out_mask
from acutance.errors import SourceError

__all__ = ["ImageSet", "Skipped", "image_set"]

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Indices = Sequence[int] | np.ndarray[Any, np.dtype[np.integer[Any]]] | Tensor


@final
@dataclass(frozen=True)
class Skipped:
    """A file that could not be read, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ImageSet:
    """A fixed list of images of one shape.

    Attributes:
        source: the text that it was opened from.
        base: uint8 (M, H, W, C) that holds the pixels, read-only, as a rule a memory map; may hold more than this set.
        rows: which rows of `base` this set consists of, (N,).
        names: unique names, relative paths.
        groups: near variants share a group.
        digests: 16 bytes a picture, a hash of its pixels, (N, 16).
        labels: what is known about each image, where something is.
        skipped: what could not be read when the source was decoded.
        sides: the least and the largest shorter side of the pictures in px, before any resize; None where nobody knows.
        answers: the exact answers of a synthetic source.
    """

    source: str
    base: Bytes
    rows: np.ndarray[Any, np.dtype[np.int64]]
    names: tuple[str, ...]
    groups: tuple[str, ...]
    digests: Bytes
    labels: tuple[str, ...] | None = None
    skipped: tuple[Skipped, ...] = ()
    sides: tuple[int, int] | None = None
    answers: Any = None

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        channels, height, width = self.shape
        return f"ImageSet({self.source!r}, {len(self)} images, {channels} x {height} x {width})"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        height, width, channels = self.base.shape[1:]
        return channels, height, width

    @functools.cached_property
    def images(self) -> Bytes:
        """All pixels, uint8 (N, H, W, C): a view of the memory map where the rows are consecutive, else a copy."""
        rows = self.rows
        if len(rows) == 0 or np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
            start = int(rows[0]) if len(rows) else 0
            return self.base[start : start + len(rows)]
        copy = np.asarray(self.base[rows])
        copy.setflags(write=False)
        return copy

    @functools.cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that are the same for the same images under the same names, wherever they lie."""
        state = hashlib.blake2b(digest_size=16)
        state.update(repr(self.shape).encode())
        state.update("\0".join(self.names).encode("utf-8", "surrogatepass"))
        state.update(np.ascontiguousarray(self.digests).tobytes())
        return state.hexdigest()

    def take(self, indices: Indices) -> ImageSet:
        """The images at these places, in this order; no pixel is copied.

        Args:
            indices: integers in 0 ... N - 1, or -N ... -1 from the end.

        Raises:
            IndexError: there is no such place.
        """
        places = np.asarray(indices, dtype=np.int64)
        picked = places.tolist()
        return replace(
            self,
            rows=self.rows[places],
            names=tuple(self.names[i] for i in picked),
            groups=tuple(self.groups[i] for i in picked),
            digests=self.digests[places],
            labels=None if self.labels is None else tuple(self.labels[i] for i in picked),
        )

    def renamed(self, names: Sequence[str]) -> ImageSet:
        """The same images under other names, one for each."""
        if len(names) != len(self):
            raise SourceError(f"{len(self)} images need as many names, got {len(names)}")
        return replace(self, names=tuple(names))

    def tensor(self, indices: Indices | None = None) -> Float[Tensor, "n c h w"]:
        """The images at these places (all, by default) as float32 in [0, 1], in channels-last memory format."""
        rows = self.rows if indices is None else self.rows[np.asarray(indices, dtype=np.int64)]
        gathered = torch.from_numpy(np.asarray(self.base[rows]))
        return gathered.permute(0, 3, 1, 2).to(torch.float32).div_(255.0)

    def split(self, held_out: float = 0.1) -> tuple[ImageSet, ImageSet]:
        """Training and held-out images: stable, no group on both sides, no equal images on both sides.

        Args:
            held_out: share of the *groups* to hold out, 0 < held_out < 1; the share of images differs a little.

        Raises:
            SourceError: all images are in one group.
            ConfigError: the share is out of range.
        """
        mask = held_out_mask(self.groups, self.digests, held_out)
        return self.take(np.flatnonzero(~mask)), self.take(np.flatnonzero(mask))


def image_set(
    images: Bytes,
    *,
    source: str = "memory",
    names: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    answers: Any = None,
) -> ImageSet:
    """An ImageSet of images that are in memory already.

    Args:
        images: uint8 (N, H, W, C), at least one; not copied, and made read-only through this set.
        source: how it is called.
        names: unique; `000000.png`, `000001.png`, ... by default.
        groups: each image its own by default.
        labels: what is known about each.
        answers: see `ImageSet`.

    Raises:
        SourceError: another type or shape, no image, or lists of another length.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3) or len(images) == 0:
        raise SourceError(
            f"an image set is made of uint8 (N, H, W, C) with C = 1 or 3 and N at least 1, "
            f"got {images.dtype} {images.shape}"
        )
    names = tuple(names) if names is not None else tuple(f"{i:06d}.png" for i in range(len(images)))
    groups = tuple(groups) if groups is not None else names
    if len(names) != len(images) or len(groups) != len(images) or len(set(names)) != len(names):
        raise SourceError(f"{len(images)} images need as many unique names and as many groups")
    view = images.view()
    view.setflags(write=False)
    digests = [hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=16).digest() for image in view]
    return ImageSet(
        source=source,
        base=view,
        rows=np.arange(len(images)),
        names=names,
        groups=groups,
        digests=np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 16),
        labels=None if labels is None else tuple(labels),
        answers=answers,
    )
