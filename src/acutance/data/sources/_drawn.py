"""Synthetic images as a source: drawn in batches, so that image i is the same whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from acutance.data._item import Item, Listing, Options
from acutance.data.synthetic._quantised import to_bytes
from acutance.errors import ConfigError, SourceError
from acutance.rng import rng_for

__all__ = ["Draw", "drawn"]

Draw = Callable[[int, torch.Generator], tuple[Tensor, Any]]
"""Draws n images of one kind, and gives the answers beside them."""

_BATCH = 128


def drawn(name: str, draw: Draw, *, n: int, seed: int, options: Options, key: tuple[str, ...]) -> Listing:
    """A listing of `n` images, rounded to 8 bits; each is a group of its own.

    Args:
        name: what is drawn; part of every random key.
        draw: draws a batch.
        n: how many images, at least 1.
        seed: of the randomness.
        options: with the size that `draw` draws at.
        key: all other parameters of `draw`.

    Raises:
        SourceError: a parameter is out of range.
    """
    if n < 1:
        raise SourceError(f"a synthetic source has at least one image, got n = {n}")
    try:
        answers = draw(1, rng_for(seed, name, 0))[1]
    except ConfigError as error:
        raise SourceError(str(error)) from error
    items = partial(_items, name, draw, n, seed)
    return Listing(key=(str(n), str(seed), str(_BATCH), *key), items=items, options=options, total=n, answers=answers)


def _items(name: str, draw: Draw, n: int, seed: int) -> Iterator[Item]:
    for first in range(0, n, _BATCH):
        batch = to_bytes(draw(_BATCH, rng_for(seed, name, first))[0])[: n - first]
        for i, picture in enumerate(batch, start=first):
            called = f"{i:06d}.png"
            yield Item(name=called, load=partial(_itself, picture), group=called)


def _itself(picture: Any) -> Any:
    return picture
