"""Images in pairs: what a translator gets and what it should make of it, or a reconstruction and its original."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, final

import numpy as np

from acutance.data._image_set import ImageSet, Indices
from acutance.data._open import open_source
from acutance.data._split import held_out_mask
from acutance.data._store import Progress
from acutance.errors import SourceError

__all__ = ["PairSet", "match_pairs", "open_pairs"]

_SHOWN = 3
_SIDES = ("input", "target")


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class PairSet:
    """Two image sets of one length; image i of one belongs to image i of the other.

    Attributes:
        input: the first of each pair.
        target: the second.
    """

    input: ImageSet
    target: ImageSet

    def __post_init__(self) -> None:
        if len(self.input) != len(self.target):
            raise SourceError(f"pairs need as many inputs as targets, got {len(self.input)} and {len(self.target)}")

    def __len__(self) -> int:
        return len(self.input)

    def take(self, indices: Indices) -> PairSet:
        """The pairs at these places, in this order; no pixel is copied."""
        return PairSet(input=self.input.take(indices), target=self.target.take(indices))

    def split(self, held_out: float = 0.1) -> tuple[PairSet, PairSet]:
        """Training and held-out pairs: stable, no group and no equal pair on both sides; see `ImageSet.split`."""
        both = np.concatenate([self.input.digests, self.target.digests], axis=0)
        mask = held_out_mask(self.input.groups * 2, both, held_out)[: len(self)]
        return self.take(np.flatnonzero(~mask)), self.take(np.flatnonzero(mask))


def match_pairs(a: ImageSet, b: ImageSet) -> PairSet:
    """Pair two sets by file name, whatever the order; `x.png` matches `x.jpg`, and the folders must agree.

    Args:
        a: becomes the input, and gives the order.
        b: becomes the target.

    Raises:
        SourceError: a name without a partner, a name that is there twice, or images of different shapes.
    """
    places_a, places_b = _places(a), _places(b)
    for lonely, mine, other in ((places_a.keys() - places_b.keys(), a, b), (places_b.keys() - places_a.keys(), b, a)):
        if lonely:
            raise SourceError(
                f"{len(lonely)} of {len(mine)} images of {mine.source!r} have no partner of the same name in "
                f"{other.source!r}: {_some(sorted(lonely))}; add the missing ones, or remove these"
            )
    if a.shape != b.shape:
        raise SourceError(
            f"pairs need one shape: {a.source!r} has {_words(a.shape)}, {b.source!r} has {_words(b.shape)}; give "
            "--size and --channels"
        )
    return PairSet(input=a, target=b.take([places_b[stem] for stem in places_a]))


def open_pairs(
    source: str,
    target: str | None = None,
    *,
    size: int | None = None,
    channels: int | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> PairSet:
    """Open pairs: two sources matched by name, or one whose images lie under `input/` and `target/`.

    Args:
        source: `builtin:icon-pairs`, a folder or archive with `input/` and `target/` in it, or the inputs alone.
        target: the targets, where `source` is the inputs alone.
        size: see `open_source`.
        channels: see `open_source`.
        cache: see `open_source`.
        progress: see `open_source`.

    Raises:
        SourceError: a source cannot be used, or the images do not pair up.
    """
    first = open_source(source, size=size, channels=channels, cache=cache, progress=progress)
    if target is None:
        return match_pairs(*(_side(first, side) for side in _SIDES))
    second = open_source(target, size=size, channels=channels, cache=cache, progress=progress)
    return match_pairs(first, second)


def _side(images: ImageSet, side: str) -> ImageSet:
    rows = [i for i, name in enumerate(images.names) if name.startswith(f"{side}/")]
    if not rows:
        raise SourceError(
            f"source {images.source!r}: no image lies under {side}/; pairs are images of the same name under input/ "
            "and target/, or two sources"
        )
    found = images.take(rows)
    names = tuple(name.removeprefix(f"{side}/") for name in found.names)
    return found.renamed(names)


def _places(images: ImageSet) -> dict[str, int]:
    """Where each name stands, without its suffix."""
    stems = [PurePosixPath(name).with_suffix("").as_posix() for name in images.names]
    twice = sorted(stem for stem, count in Counter(stems).items() if count > 1)
    if twice:
        raise SourceError(f"{images.source!r} has several images called {_some(twice)}; names must differ to pair up")
    return {stem: i for i, stem in enumerate(stems)}


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def _words(shape: tuple[Any, ...]) -> str:
    channels, height, width = shape
    return f"{channels} x {height} x {width}"
