"""Grids of pictures as PNG bytes: the same pictures, the same bytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from acutance.errors import MeasureError

__all__ = ["Pixels", "contact_sheet", "data_uri", "png", "sheet"]

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

_PAPER = 24
_INK = 236
_GAP = 4
_LABEL_HEIGHT = 18
_CHANNELS = (1, 3, 4)


def contact_sheet(rows: Sequence[tuple[str, Pixels]], scale: int = 2) -> bytes:
    """One PNG with a labelled row of pictures for each entry, the k-th pictures of all rows under one another.

    Args:
        rows: label and uint8 (K, H, W, C) pictures, C being 1, 3 or 4; rows may differ in K.
        scale: every pixel becomes a square of this many pixels; nothing is smoothed.

    Returns:
        The bytes of a PNG file.

    Raises:
        MeasureError: no row, pictures of another type or shape, or a scale below 1.
    """
    return png(sheet(rows, scale))


def sheet(rows: Sequence[tuple[str, Pixels]], scale: int = 2) -> Pixels:
    """The contact sheet as uint8 (height, width, 3) pixels.

    Args:
        rows: label and uint8 (K, H, W, C) pictures, as for `contact_sheet`.
        scale: every pixel becomes a square of this many pixels.

    Raises:
        MeasureError: as for `contact_sheet`.
    """
    if not rows or scale < 1:
        raise MeasureError(f"a contact sheet needs a row and a scale of 1 or more, got {len(rows)} rows, scale {scale}")
    strips = [_strip(label, pictures, scale) for label, pictures in rows]
    canvas = np.full(
        (sum(s.shape[0] for s in strips) + _GAP, max(s.shape[1] for s in strips), 3), _PAPER, dtype=np.uint8
    )
    top = 0
    for strip in strips:
        canvas[top : top + strip.shape[0], : strip.shape[1]] = strip
        top += strip.shape[0]
    return canvas


def png(picture: Pixels) -> bytes:
    """One uint8 (H, W, C) picture as the bytes of a PNG file, without a time stamp.

    Args:
        picture: uint8 (H, W, C), C being 1, 3 or 4.

    Raises:
        MeasureError: another type or shape.
    """
    _check(picture, dimensions=3, what="a picture")
    pixels = picture[..., 0] if picture.shape[2] == 1 else picture
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", compress_level=9)
    return buffer.getvalue()


def data_uri(picture: Pixels) -> str:
    """The picture as a `data:` address, so that a page can carry it.

    Args:
        picture: uint8 (H, W, C).
    """
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode("ascii")


def _strip(label: str, pictures: Pixels, scale: int) -> Pixels:
    _check(pictures, dimensions=4, what=f"the row {label!r}")
    count, height, width, _ = pictures.shape
    large = _colour(pictures).repeat(scale, axis=1).repeat(scale, axis=2)
    body = np.full(
        (_LABEL_HEIGHT + _GAP + height * scale, _GAP + count * (width * scale + _GAP), 3), _PAPER, dtype=np.uint8
    )
    body[_GAP : _GAP + _LABEL_HEIGHT] = _label(label, body.shape[1])
    for k in range(count):
        left = _GAP + k * (width * scale + _GAP)
        body[_GAP + _LABEL_HEIGHT :, left : left + width * scale] = large[k]
    return body


def _label(text: str, width: int) -> Pixels:
    image = Image.new("RGB", (width, _LABEL_HEIGHT), (_PAPER, _PAPER, _PAPER))
    line = " ".join(text.split())
    ImageDraw.Draw(image).text((_GAP, 2), line, fill=(_INK, _INK, _INK), font=ImageFont.load_default(size=12))
    return np.asarray(image)


def _colour(pictures: Pixels) -> Pixels:
    if pictures.shape[-1] == 1:
        return pictures.repeat(3, axis=-1)
    if pictures.shape[-1] == 3:
        return pictures
    alpha = pictures[..., 3:].astype(np.uint16)
    mixed = (pictures[..., :3] * alpha + _PAPER * (255 - alpha) + 127) // 255
    return np.asarray(mixed, dtype=np.uint8)


def _check(pictures: Pixels, *, dimensions: int, what: str) -> None:
    fits = pictures.ndim == dimensions and pictures.shape[-1] in _CHANNELS and 0 not in pictures.shape
    if pictures.dtype != np.uint8 or not fits:
        wanted = "(H, W, C)" if dimensions == 3 else "(K, H, W, C)"
        raise MeasureError(
            f"{what} must be uint8 {wanted} with 1, 3 or 4 channels and at least one pixel, "
            f"got {pictures.dtype} {tuple(pictures.shape)}"
        )
