"""What a kind of source hands over: a lazy list of pictures, and what identifies its content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from acutance.errors import ConfigError

__all__ = ["Item", "Listing", "Options", "Picture", "Unreadable"]

Picture = Image.Image | np.ndarray[Any, np.dtype[np.uint8]]
"""A decoded picture: mode L or RGB, or a uint8 array (H, W) or (H, W, 3)."""

_LARGEST = 8192


class Unreadable(Exception):
    """One picture cannot be read; it is skipped and counted. Never leaves this package."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user asked of every picture.

    Attributes:
        size: side of the square output in pixels, 1 to 8192; None keeps the pictures' own size.
        channels: 1 (grey) or 3 (colour); None keeps what is there.

    Raises:
        ConfigError: size or channels is something else.
    """

    size: int | None = None
    channels: int | None = None

    def __post_init__(self) -> None:
        if self.size is not None and not 1 <= self.size <= _LARGEST:
            raise ConfigError(f"the image size is a number of pixels from 1 to {_LARGEST}, got {self.size}")
        if self.channels not in (None, 1, 3):
            raise ConfigError(f"channels is 1 (grey) or 3 (colour), got {self.channels}")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One picture, not yet decoded.

    Attributes:
        name: unique in its source, a relative path with `/`; outputs are written under it.
        load: decodes it; raises `Unreadable` where it is to be skipped, `SourceError` where the whole source is wrong.
        group: near variants share a group and never part in a split; None for the rule on names (`_families`).
        label: what is known about its content.
    """

    name: str
    load: Callable[[], Picture]
    group: str | None = None
    label: str | None = None


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A source that was found, before anything is decoded.

    Attributes:
        key: all that the pixels depend on besides the options: paths, sizes, times, versions, parameters.
        items: starts going through the pictures, in a fixed order, one at a time.
        total: how many there are, for progress; None where only reading tells.
        options: the options with this source's defaults filled in.
        answers: the exact answers of a synthetic source.
    """

    key: tuple[str, ...]
    items: Callable[[], Iterator[Item]]
    options: Options
    total: int | None = None
    answers: Any = None
