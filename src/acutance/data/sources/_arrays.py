"""Rules for images that come as one array, and reading one a picture at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, Literal

import numpy as np

from acutance.data._item import Item
from acutance.errors import SourceError

__all__ = ["ArrayHead", "Layout", "array_items", "layout_of", "read_head", "rows_of", "to_bytes"]

Layout = Literal["nhw", "nhwc", "nchw"]
Array = np.ndarray[Any, Any]
_SLACK = 1e-4  # what rounding in a network or a resize leaves, far below a step of 8 bits
Opener = Callable[[], AbstractContextManager[Iterator[Array]]]


@dataclass(frozen=True)
class ArrayHead:
    """What the head of an .npy file says."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]


def read_head(stream: IO[bytes], what: str) -> ArrayHead:
    """Read the head of an .npy file, and leave the stream at the first value.

    Raises:
        SourceError: it has no such head.
    """
    try:
        version = np.lib.format.read_magic(stream)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return ArrayHead(*reader(stream))
    except (ValueError, EOFError, OSError) as error:
        raise SourceError(f"{what} cannot be read as a NumPy array: {error}; save it again with numpy.save") from error


def layout_of(head: ArrayHead, what: str) -> Layout:
    """Where an array of images keeps its pictures, rows, columns and channels.

    (N, H, W); (N, H, W, C) or (N, C, H, W) with C of 1 or 3, where only one of the two readings is possible.

    Raises:
        SourceError: another type or shape, or a shape that could be read in two ways.
    """
    shape = head.shape
    if head.dtype != np.uint8 and head.dtype.kind != "f":
        raise SourceError(
            f"{what} holds {'Python objects' if head.dtype.hasobject else head.dtype}; images are uint8 in [0, 255] or "
            "float in [0, 1], so convert it first, e.g. with .astype('uint8')"
        )
    if 0 in shape[1:]:
        raise SourceError(f"{what} has the shape {shape}, so its images are empty; save it again")
    if len(shape) == 3 and shape[2] not in (1, 3):
        return "nhw"
    if len(shape) == 4:
        last, second = shape[3] in (1, 3), shape[1] in (1, 3)
        if last != second:
            return "nhwc" if last else "nchw"
        if last and second:
            raise SourceError(
                f"{what} of shape {shape} can be read as (N, H, W, C) and as (N, C, H, W); pad the pictures, or save "
                "it as (N, H, W) if they are grey"
            )
    raise SourceError(
        f"{what} has the shape {shape}; images are (N, H, W), (N, H, W, C) or (N, C, H, W) with C = 1 or 3"
        + (", and a single picture needs a leading axis of 1" if len(shape) in (2, 3) else "")
    )


def rows_of(stream: IO[bytes], head: ArrayHead, what: str) -> Iterator[Array]:
    """The pictures of an array in C order, one at a time, from a stream that stands at the first value."""
    shape = head.shape[1:]
    size = int(np.prod(shape, dtype=np.int64)) * head.dtype.itemsize
    for _ in range(head.shape[0]):
        data = stream.read(size)
        if len(data) < size:
            raise SourceError(f"{what} ends early: fewer values than its head promises; save it again")
        yield np.frombuffer(data, head.dtype).reshape(shape)


def to_bytes(picture: Array, layout: Layout, what: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """One picture of an array as uint8 (H, W) or (H, W, C); floats are rounded.

    Raises:
        SourceError: floats that are not finite or outside [0, 1].
    """
    if layout == "nchw":
        picture = picture.transpose(1, 2, 0)
    if picture.dtype == np.uint8:
        return picture
    low, high = float(picture.min()), float(picture.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise SourceError(f"{what} holds values that are not finite (NaN or infinity); repair them first")
    if low < -_SLACK or high > 1.0 + _SLACK:
        raise SourceError(
            f"{what} holds floats from {low:g} to {high:g}; float images lie in [0, 1], so divide by 255, or map "
            "[-1, 1] by (x + 1) / 2, before saving"
        )
    return np.rint(picture.astype(np.float64).clip(0.0, 1.0) * 255.0).astype(np.uint8)


def array_items(rows: Opener, layout: Layout, what: str, labels: tuple[str, ...] | None) -> Iterator[Item]:
    """An item a picture, called `000000.png`, `000001.png`, ...; each is a group of its own."""
    with rows() as pictures:
        for i, picture in enumerate(pictures):
            name = f"{i:06d}.png"
            load = partial(to_bytes, picture, layout, f"picture {i} of {what}")
            yield Item(name=name, load=load, group=name, label=None if labels is None else labels[i])
