"""Images in pairs: what a translator gets and what it should make of it, or a reconstruction and its original."""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from acutance.data._image_set import Bytes, ImageSet, Indices, Skipped
from acutance.data._open import open_source
from acutance.data._split import held_out_mask
from acutance.data._store import Progress
from acutance.data._two_sides import INPUT, TARGET, are_sides, keys, matching, stem
from acutance.data._write import TOLERATED
from acutance.errors import SourceError

__all__ = ["PairSet", "TrainingSet", "are_pairs", "match_pairs", "open_pairs", "paired"]

_SHOWN = 3
_UNREAD = -1


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class PairSet:
    """Two image sets of one length; image i of one belongs to image i of the other.

    It says of itself what an image set does, so that a training run takes either.

    Attributes:
        input: the first of each pair.
        target: the second.
    """

    input: ImageSet
    target: ImageSet

    def __post_init__(self) -> None:
        if len(self.input) != len(self.target):
            raise SourceError(f"pairs need as many inputs as targets, got {len(self.input)} and {len(self.target)}")
        if self.input.shape != self.target.shape:
            raise SourceError(
                f"pairs need one shape: {self.input.source!r} has {_words(self.input.shape)}, {self.target.source!r} "
                f"has {_words(self.target.shape)}; give --size and --channels"
            )

    def __len__(self) -> int:
        return len(self.input)

    def __repr__(self) -> str:
        channels, height, width = self.shape
        return f"PairSet({self.source!r}, {len(self)} pairs, {channels} x {height} x {width})"

    @property
    def source(self) -> str:
        """The text that the pairs were opened from; both where there are two."""
        one, other = self.input.source, self.target.source
        return one if one == other else f"pairs:{one}:{other}"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width of either side."""
        return self.input.shape

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs' names."""
        return self.input.names

    @functools.cached_property
    def digests(self) -> Bytes:
        """A hash of every picture of both sides, (2 N, 16)."""
        return np.concatenate([self.input.digests, self.target.digests], axis=0)

    @functools.cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that are the same for the same pairs under the same names, wherever they lie."""
        both = self.input.fingerprint + self.target.fingerprint
        return hashlib.blake2b(both.encode(), digest_size=16).hexdigest()

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What could not be read on either side."""
        return tuple(dict.fromkeys((*self.input.skipped, *self.target.skipped)))

    def tensor(self, indices: Indices | None = None) -> Float[Tensor, "n c2 h w"]:
        """The pairs at these places (all, by default), each input above its target along the channels, in [0, 1]."""
        stacked = torch.cat([self.input.tensor(indices), self.target.tensor(indices)], dim=1)
        return stacked.contiguous(memory_format=torch.channels_last)

    def take(self, indices: Indices) -> PairSet:
        """The pairs at these places, in this order; no pixel is copied."""
        return PairSet(input=self.input.take(indices), target=self.target.take(indices))

    def split(self, held_out: float = 0.1) -> tuple[PairSet, PairSet]:
        """Training and held-out pairs: stable, no group and no equal pair on both sides; see `ImageSet.split`."""
        mask = held_out_mask(self.input.groups * 2, self.digests, held_out)[: len(self)]
        return self.take(np.flatnonzero(~mask)), self.take(np.flatnonzero(mask))


TrainingSet = ImageSet | PairSet
"""What a model can be trained on: images, or pairs of them."""


def match_pairs(a: ImageSet, b: ImageSet) -> PairSet:
    """Pair two sets by file name, whatever the order; `x.png` matches `x.jpg`, and the folders must agree.

    What could not be read in one set is left out of both, up to 5 % of the pairs. Names that differ in their suffix
    alone keep it: `x.png` matches `x.png` or `x.png.png` where there is `x.jpg`, too.

    Where no name has a partner, a folder that holds all images of one set is left out of their names: an archive may
    hold the other set's folder whole.

    Args:
        a: becomes the input, and gives the order.
        b: becomes the target.

    Raises:
        SourceError: a name without a partner, a name that is there twice, too much that cannot be read, or images of
            different shapes.
    """
    return _matched(a, b, a.skipped, b.skipped)


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
        source: `builtin:icon-pairs`, `pairs:INPUTS:TARGETS`, `ab:FOLDER`, `edges:SOURCE`, `reversed:` before any of
            these, a folder or archive with `input/` and `target/` in it, or the inputs alone.
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
        return paired(first)
    second = open_source(target, size=size, channels=channels, cache=cache, progress=progress)
    return match_pairs(first, second)


def paired(images: ImageSet) -> PairSet:
    """The pairs of one source, by the names of images under `input/` and `target/`.

    Args:
        images: both sides, N of each, in any order; others may be among them.

    Returns:
        N pairs in the order of the inputs, under names without `input/` and `target/`.

    Raises:
        SourceError: there are none of one side, or one lacks its partner.
    """
    inputs, targets = (_side(images, side) for side in (INPUT, TARGET))
    unread = (
        [Skipped(one.name.removeprefix(side), one.reason) for one in images.skipped if one.name.startswith(side)]
        for side in (INPUT, TARGET)
    )
    return _matched(inputs, targets, *unread)


def are_pairs(images: ImageSet) -> bool:
    """Whether a source holds pairs: every image lies under `input/` or `target/`, and there are both.

    Args:
        images: all of the source.

    Returns:
        Whether `paired` finds two sides; not whether every image has a partner.
    """
    return are_sides(images.names)


def _side(images: ImageSet, side: str) -> ImageSet:
    rows = [i for i, name in enumerate(images.names) if name.startswith(side)]
    if not rows:
        raise SourceError(
            f"source {images.source!r}: no image lies under {side}; pairs are builtin:icon-pairs, a folder with "
            "images of the same names under input/ and target/, pairs:INPUTS:TARGETS for two, ab:FOLDER for pictures "
            "that show both side by side, or edges:SOURCE"
        )
    found = images.take(rows)
    names = tuple(name.removeprefix(side) for name in found.names)
    return found.renamed(names)


def _matched(a: ImageSet, b: ImageSet, unread_a: Sequence[Skipped], unread_b: Sequence[Skipped]) -> PairSet:
    """`match_pairs` where what could not be read goes by names like those of the images."""
    for images in (a, b):
        _refuse_twice(images, [name for name, count in Counter(images.names).items() if count > 1])
    ways = [
        matching(_places(a, unread_a, beside=beside), _places(b, unread_b, beside=beside)) for beside in (True, False)
    ]
    places_a, places_b = next((way for way in ways if not any(_lonely(*way))), ways[0])
    lonely_a, lonely_b = _lonely(places_a, places_b)
    _refuse_twice(a, [a.names[places_a[key]] for key in lonely_a])
    _refuse_twice(b, [b.names[places_b[key]] for key in lonely_b])
    for lonely, mine, other in ((lonely_a, a, b), (lonely_b, b, a)):
        if lonely:
            raise SourceError(
                f"{len(lonely)} of {len(mine)} images of {mine.source!r} have no partner of the same name in "
                f"{other.source!r}: {_some(sorted(lonely))}; add the missing ones, or remove these"
            )
    both = [key for key, place in places_a.items() if place != _UNREAD and places_b[key] != _UNREAD]
    _refuse_unread((places_a.keys() & places_b.keys()) - {*both}, len(both))
    return PairSet(input=a.take([places_a[key] for key in both]), target=b.take([places_b[key] for key in both]))


def _places(images: ImageSet, unread: Sequence[Skipped], *, beside: bool) -> dict[str, int]:
    """Where each name stands, by its key, and _UNREAD of what could not be read.

    Args:
        images: the set.
        unread: what is left out of it.
        beside: whether a file that cannot be read counts where names differ in their suffix alone.
    """
    read, bad = [*images.names], [one.name for one in unread]
    found = keys([*read, *bad]) if beside else [*keys(read), *keys(bad)]
    if len({*found[: len(read)]}) < len(read):
        found = [*read, *bad]
    places = {key: i for i, key in enumerate(found[: len(read)])}
    return places | {key: _UNREAD for key in found[len(read) :] if key not in places}


def _lonely(places_a: dict[str, int], places_b: dict[str, int]) -> tuple[set[str], set[str]]:
    """Of either side, the images to which there is no file on the other."""
    a, b = (
        {key for key, place in mine.items() if place != _UNREAD and key not in other}
        for mine, other in ((places_a, places_b), (places_b, places_a))
    )
    return a, b


def _refuse_twice(images: ImageSet, lonely: Sequence[str]) -> None:
    """Raises SourceError where images without a partner of their own differ from others at most in their suffix."""
    count = Counter(map(stem, images.names))
    twice = sorted({stem(name) for name in lonely if count[stem(name)] > 1})
    if twice:
        raise SourceError(f"{images.source!r} has several images called {_some(twice)}; names must differ to pair up")


def _refuse_unread(dropped: Set[str], kept: int) -> None:
    """Raises SourceError where too many pairs lack a side that could be read."""
    if len(dropped) > TOLERATED * (len(dropped) + kept):
        raise SourceError(
            f"{len(dropped)} of {len(dropped) + kept} pairs cannot be read, more than 5 %: {_some(sorted(dropped))}; "
            "repair or remove them"
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def _words(shape: tuple[Any, ...]) -> str:
    channels, height, width = shape
    return f"{channels} x {height} x {width}"
