"""The decoding pass: one picture in memory at a time, whatever their number."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np

from acutance.data._decode import to_pixels
from acutance.data._item import Item, Listing, Picture, Unreadable
from acutance.errors import SourceError

__all__ = ["TOLERATED", "Written", "write_pixels"]

TOLERATED = 0.05
"""The share of pictures that may be unreadable."""

_SHOWN = 3
_CHUNK = 1 << 24

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass
class Written:
    """What has been written so far; the lists grow together, one entry a picture."""

    height: int = 0
    width: int = 0
    channels: int = 0
    names: list[str] = field(default_factory=list)
    groups: list[str | None] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    sides: set[int] = field(default_factory=set)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """N, height, width, channels."""
        return len(self.names), self.height, self.width, self.channels


def write_pixels(folder: Path, listing: Listing, progress: Any) -> Written:
    """Decode every picture of a listing to `folder/pixels.u8`, and hash it to `folder/digests.u8`.

    Grey pictures become colour, without a second decoding, where a colour picture comes after them.

    Raises:
        SourceError: no picture, sizes that differ, or more than 5 % that cannot be read.
    """
    written = Written()
    with (folder / "pixels.u8").open("w+b") as pixels:
        for done, item in enumerate(listing.items(), start=1):
            try:
                picture = item.load()
                _append(pixels, written, item, to_pixels(picture, listing.options))
                written.sides.add(_side(picture))
            except Unreadable as reason:
                written.skipped.append((item.name, str(reason)))
            progress(done, listing.total)
        _check(written)
        _digest(pixels, written, folder / "digests.u8")
    return written


def _side(picture: Picture) -> int:
    """Of the largest square in a picture as it came."""
    return int(min(picture.shape[:2] if isinstance(picture, np.ndarray) else picture.size))


def _append(pixels: IO[bytes], written: Written, item: Item, picture: Pixels) -> None:
    height, width, channels = picture.shape
    if not written.names:
        written.height, written.width, written.channels = height, width, channels
    if (height, width) != (written.height, written.width):
        raise SourceError(
            f"the pictures differ in size: {written.names[0]} is {written.width} x {written.height}, {item.name} is "
            f"{width} x {height} pixels; give --size, and all are cropped to a square and resized to it"
        )
    if channels > written.channels:
        _to_colour(pixels, written)
    if channels < written.channels:
        picture = picture.repeat(3, axis=2)
    pixels.write(np.ascontiguousarray(picture).data)
    written.names.append(_inside(item.name))
    written.groups.append(item.group)
    written.labels.append(item.label)


def _inside(name: str) -> str:
    """The name as a path that stays below the folder it is joined to; outputs are written under it."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return "/".join(part for part in parts if part not in ("/", "//", "..")) or "picture"


def _to_colour(pixels: IO[bytes], written: Written) -> None:
    """Repeat every grey byte three times, from the end of the file to its start."""
    end = pixels.tell()
    for start in range((max(end - 1, 0) // _CHUNK) * _CHUNK, -1, -_CHUNK):
        pixels.seek(start)
        grey = np.frombuffer(pixels.read(min(_CHUNK, end - start)), np.uint8)
        pixels.seek(3 * start)
        pixels.write(grey.repeat(3).data)
    pixels.seek(3 * end)
    written.channels = 3


def _check(written: Written) -> None:
    bad, good = len(written.skipped), len(written.names)
    shown = "; ".join(f"{name}: {reason}" for name, reason in written.skipped[:_SHOWN])
    if bad > TOLERATED * (good + bad):
        raise SourceError(
            f"{bad} of {good + bad} pictures cannot be read, more than 5 %: {shown}{' ...' if bad > _SHOWN else ''}; "
            "repair or remove them"
        )
    if good == 0:
        raise SourceError("there is no picture in it; name a source that holds at least one")
    if len(set(written.names)) != good:
        raise SourceError("two pictures have the same name; give every picture its own")


def _digest(pixels: IO[bytes], written: Written, path: Path) -> None:
    """One 16-byte hash a picture, in a second pass, since colour may have come late."""
    pixels.seek(0)
    size = written.height * written.width * written.channels
    with path.open("wb") as digests:
        for _ in written.names:
            digests.write(hashlib.blake2b(pixels.read(size), digest_size=16).digest())
