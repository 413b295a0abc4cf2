"""Bytes to pixels, in one place: every orientation, mode and depth ends as 8-bit grey or RGB."""

from __future__ import annotations

import io
import warnings
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from acutance.data._item import Options, Picture, Unreadable
from acutance.data._resize import fit_square
from acutance.errors import SourceError

__all__ = ["DECODER_VERSION", "IMAGE_SUFFIXES", "LARGEST_FILE", "decode", "to_pixels"]

DECODER_VERSION = 1
"""Raised whenever the same file, font or seed would give other pixels; part of the key of every cache entry."""

# fmt: off
IMAGE_SUFFIXES = frozenset((
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pbm",
    ".pnm", ".jp2", ".tga", ".avif",
))
# fmt: on

LARGEST_FILE = 1 << 30
"""Bytes that one picture inside an archive may unpack to."""

_DEEP_GREY = frozenset({"I", "I;16", "I;16L", "I;16B", "I;16N", "F"})
_ALPHA = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})


def decode(data: bytes | BinaryIO, name: str) -> Image.Image:
    """Decode one file to mode L or RGB.

    The first frame counts; the EXIF orientation is applied; transparency is laid on white, before any resize;
    16-bit grey is rounded to 8 bits; CMYK and other colour spaces go through Pillow's plain conversion (an embedded
    ICC profile is not applied).

    Args:
        data: the file's content, or the file opened for reading bytes.
        name: how messages call it.

    Raises:
        Unreadable: it is not an image, or a damaged one.
        SourceError: it declares so many pixels that it may be a decompression bomb.
    """
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(stream) as picture:
                picture.load()
                return _flattened(_upright(picture))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise SourceError(
                f"{name} may be a decompression bomb: {error}; remove it, or make it smaller before it is read here"
            ) from error
        except Unreadable:
            raise
        except UnidentifiedImageError as error:
            raise Unreadable("no picture of a known kind") from error
        except Exception as error:  # a damaged file can raise anything at all inside a decoder
            raise Unreadable(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__) from error


def _upright(picture: Image.Image) -> Image.Image:
    """Apply the EXIF orientation; a damaged EXIF block counts as none."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:
        return picture


def _flattened(picture: Image.Image) -> Image.Image:
    """Mode L for grey, RGB for the rest, transparency on white."""
    if picture.mode in _DEEP_GREY:
        return _deep_grey(picture)
    if picture.mode in _ALPHA or "transparency" in picture.info:
        return _on_white(picture)
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    grey = picture.mode in ("LA", "La", "L", "1")
    layer = picture.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", layer.size, (255, 255, 255, 255)), layer)
    return flat.convert("RGB").getchannel("R") if grey else flat.convert("RGB")


def _deep_grey(picture: Image.Image) -> Image.Image:
    """16-bit integers in [0, 65535] or floats in [0, 1], rounded to 8 bits."""
    values = np.asarray(picture).astype(np.float64)
    top = 1.0 if picture.mode == "F" else 65535.0
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= top):
        raise Unreadable(f"mode {picture.mode} with values outside [0, {top:g}]")
    return Image.fromarray(np.rint(values * (255.0 / top)).astype(np.uint8))


def to_pixels(picture: Picture, options: Options) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The picture as uint8 (H, W, C), cropped and resized to `size`, in `channels` (Rec. 601 luma for grey)."""
    if isinstance(picture, np.ndarray):
        if _as_it_is(picture, options):
            return picture if picture.ndim == 3 else picture[:, :, None]
        picture = Image.fromarray(picture[:, :, 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture)
    if options.channels is not None:
        picture = picture.convert("L" if options.channels == 1 else "RGB")
    if options.size is not None:
        picture = fit_square(picture, options.size)
    pixels = np.asarray(picture)
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def _as_it_is(pixels: np.ndarray[Any, np.dtype[np.uint8]], options: Options) -> bool:
    """Whether an array already is what the options ask for."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    right_size = options.size is None or pixels.shape[:2] == (options.size, options.size)
    return right_size and options.channels in (None, channels)
