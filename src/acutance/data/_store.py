"""Decoded images on disk: written once, atomically, then mapped into memory.

An entry is a folder `KIND-KEY` with `pixels.u8` (N x H x W x C bytes), `digests.u8` (N x 16) and `index.json`. It is
built under a temporary name and renamed when it is complete, so that no reader ever sees a part of one, and of two
processes that build the same entry one wins and both use it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from acutance.data._decode import DECODER_VERSION
from acutance.data._families import families
from acutance.data._image_set import ImageSet, Skipped
from acutance.data._item import Listing
from acutance.data._two_sides import sides_together
from acutance.data._write import Written, write_pixels
from acutance.errors import SourceError

__all__ = ["Progress", "default_cache", "stored"]

Progress = Callable[[int, int | None], None]
"""Called with the number of pictures done and, where it is known, of all."""

_LAYOUT_VERSION = 2
_ABANDONED_AFTER_S = 24 * 3600.0
_log = logging.getLogger("acutance")


def default_cache() -> Path:
    """`$ACUTANCE_CACHE`, or `~/.cache/acutance`."""
    return Path(os.environ.get("ACUTANCE_CACHE") or Path.home() / ".cache" / "acutance")


def stored(source: str, kind: str, listing: Listing, cache: Path | None, progress: Progress | None) -> ImageSet:
    """The images of a listing, decoded now if they are not in the cache.

    Args:
        source: the text that the set will carry.
        kind: the catalog name of the source's kind.
        listing: what to decode.
        cache: folder of the cache; the default one where None.
        progress: see `Progress`.

    Raises:
        SourceError: the pictures cannot be used, or the cache cannot be written.
    """
    root = default_cache() if cache is None else cache
    entry = root / f"{kind}-{_key(kind, listing)}"
    found = _opened(entry, source, listing)
    if found is None:
        try:
            _build(root, entry, listing, progress)
        except OSError as error:
            raise SourceError(
                f"the decoded images cannot be stored in {root}: {error}; make room there, or name another folder in "
                "the environment variable ACUTANCE_CACHE"
            ) from error
        found = _opened(entry, source, listing)
    assert found is not None, entry
    for bad in found.skipped:
        _log.warning("%s: skipped %s", source, bad)
    return found


def _key(kind: str, listing: Listing) -> str:
    parts = (_LAYOUT_VERSION, DECODER_VERSION, kind, listing.options.size, listing.options.channels, listing.key)
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=12).hexdigest()


def _opened(entry: Path, source: str, listing: Listing) -> ImageSet | None:
    """The entry as an image set; None where it is not there or not whole."""
    try:
        index = json.loads((entry / "index.json").read_text(encoding="utf-8"))
        shape = tuple(index["shape"])
        pixels = np.memmap(entry / "pixels.u8", np.uint8, "r", shape=shape)
        digests = np.fromfile(entry / "digests.u8", np.uint8).reshape(shape[0], 16)
    except (OSError, ValueError, KeyError):
        return None
    if (entry / "pixels.u8").stat().st_size != pixels.size:
        return None
    return ImageSet(
        source=source,
        base=pixels,
        rows=np.arange(shape[0]),
        names=tuple(index["names"]),
        groups=sides_together(index["names"], index["groups"]),
        digests=digests,
        labels=None if index["labels"] is None else tuple(index["labels"]),
        skipped=tuple(Skipped(*pair) for pair in index["skipped"]),
        sides=tuple(index["sides"]),
        answers=listing.answers,
    )


def _build(root: Path, entry: Path, listing: Listing, progress: Progress | None) -> None:
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    working = Path(tempfile.mkdtemp(prefix=".building-", dir=root))
    try:
        written = write_pixels(working, listing, progress or (lambda done, total: None))
        (working / "index.json").write_text(json.dumps(_index(written)), encoding="utf-8")
        _publish(working, entry, listing)
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _index(written: Written) -> dict[str, Any]:
    """What is kept beside the pixels; pictures without a group get one from the names."""
    names = written.names
    by_name = families(names) if None in written.groups else names
    return {
        "shape": written.shape,
        "names": names,
        "groups": [by_name[i] if group is None else group for i, group in enumerate(written.groups)],
        "labels": ["" if label is None else label for label in written.labels] if any(written.labels) else None,
        "skipped": written.skipped,
        "sides": (min(written.sides), max(written.sides)),
    }


def _publish(working: Path, entry: Path, listing: Listing) -> None:
    """Rename the finished folder to its place, unless another process was there first."""
    for _ in range(3):
        try:
            working.rename(entry)
            return
        except OSError:
            if _opened(entry, "", listing) is not None:
                return
            if not entry.exists():
                raise
            shutil.rmtree(entry, ignore_errors=True)  # a damaged entry: what was changed by hand, or a broken disk
    raise OSError(f"{entry} is in the way and cannot be removed")


def _sweep(root: Path) -> None:
    """Remove what killed processes left behind a day ago or earlier."""
    for left in root.glob(".building-*"):
        try:
            if time.time() - left.stat().st_mtime > _ABANDONED_AFTER_S:
                shutil.rmtree(left, ignore_errors=True)
        except OSError:
            continue
