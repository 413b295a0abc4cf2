"""A .npz file: one of its arrays is the images, another may be their labels.

The images are the array named by `?array=NAME`, else the one called `images`, else the only one with three or four
axes. Their labels are the array called `labels` or `label`, if it has one value a picture.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from acutance.catalog import did_you_mean
from acutance.data._item import Listing, Options
from acutance.data._query import parameters
from acutance.data.sources._arrays import ArrayHead, array_items, layout_of, read_head, rows_of
from acutance.data.sources._files import file_key
from acutance.errors import SourceError

__all__ = ["listing"]


@dataclass(frozen=True, kw_only=True)
class _Parameters:
    array: str = ""


def listing(argument: str, options: Options) -> Listing:
    """The images of a .npz file, streamed; `argument` is its path, with `?array=NAME` where needed."""
    text = argument if Path(argument).expanduser().exists() else argument.partition("?")[0]
    wanted = parameters(".npz", argument[len(text) + 1 :], _Parameters).array
    path = Path(text).expanduser()
    try:
        with zipfile.ZipFile(path) as archive:
            heads = _heads(archive)
            name = _chosen(heads, wanted, text)
            labels = _labels(archive, heads, heads[name].shape[0])
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(f"{text!r} cannot be read as a .npz file: {error}; save it again with numpy.savez") from error
    what = f"the array {name!r} in {path.name}"
    items = partial(array_items, partial(_rows, path, name, what), layout_of(heads[name], what), what, labels)
    return Listing(key=(file_key(path), name), items=items, options=options, total=heads[name].shape[0])


def _heads(archive: zipfile.ZipFile) -> dict[str, ArrayHead]:
    heads = {}
    for member in archive.namelist():
        if member.endswith(".npy"):
            with archive.open(member) as stream:
                heads[member.removesuffix(".npy")] = read_head(stream, f"the array {member!r}")
    return heads


def _chosen(heads: dict[str, ArrayHead], wanted: str, text: str) -> str:
    """The name of the array of images, by the rule of this module."""
    if wanted:
        if wanted not in heads:
            raise SourceError(f"{text!r} has no array {wanted!r}; {did_you_mean(wanted, list(heads))}")
        return wanted
    pictures = [name for name, head in heads.items() if len(head.shape) in (3, 4)]
    if "images" in heads:
        return "images"
    if len(pictures) == 1:
        return pictures[0]
    listed = ", ".join(f"{name} {head.shape}" for name, head in heads.items()) or "nothing"
    raise SourceError(
        f"{text!r} holds {listed}: {'several' if pictures else 'no'} arrays that may be images; "
        f"call one of them images, or name it: {text}?array=NAME"
    )


def _labels(archive: zipfile.ZipFile, heads: dict[str, ArrayHead], n: int) -> tuple[str, ...] | None:
    for name in ("labels", "label"):
        head = heads.get(name)
        if head is not None and head.shape == (n,) and not head.dtype.hasobject:
            with archive.open(f"{name}.npy") as stream:
                return tuple(str(value) for value in np.lib.format.read_array(stream, allow_pickle=False))
    return None


@contextlib.contextmanager
def _rows(path: Path, name: str, what: str) -> Iterator[Iterator[np.ndarray[Any, Any]]]:
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
        head = read_head(stream, what)
        if head.fortran_order and len(head.shape) > 1:
            stream.close()
            with archive.open(f"{name}.npy") as again:
                yield iter(np.lib.format.read_array(again, allow_pickle=False))
        else:
            yield rows_of(stream, head, what)
