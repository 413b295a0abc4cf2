"""A .npy file: one array of images, mapped into memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from acutance.data._item import Listing, Options
from acutance.data.sources._arrays import array_items, layout_of, read_head
from acutance.data.sources._files import file_key
from acutance.errors import SourceError

__all__ = ["listing"]


def listing(argument: str, options: Options) -> Listing:
    """(N, H, W), (N, H, W, C) or (N, C, H, W), uint8 or float in [0, 1]."""
    path = Path(argument).expanduser()
    what = f"the array in {path.name}"
    try:
        with path.open("rb") as stream:
            head = read_head(stream, what)
    except OSError as error:
        raise SourceError(f"{argument!r} cannot be read: {error}; name a .npy file") from error
    layout = layout_of(head, what)
    rows = partial(_rows, path, what)
    items = partial(array_items, rows, layout, what, None)
    return Listing(key=(file_key(path),), items=items, options=options, total=head.shape[0])


@contextlib.contextmanager
def _rows(path: Path, what: str) -> Iterator[Iterator[np.ndarray[Any, Any]]]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError) as error:
        raise SourceError(f"{what} cannot be read: {error}; save it again with numpy.save") from error
    yield iter(array)
