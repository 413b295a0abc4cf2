"""Every kind of file that cameras, editors and attackers make."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from acutance.data import ImageSet
from acutance.data._decode import decode, to_pixels
from acutance.data._item import Options, Unreadable
from acutance.data._resize import fit_square, resized
from acutance.errors import SourceError

Open = Callable[..., ImageSet]


def encoded(picture: Image.Image, format: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format, **options)
    return stream.getvalue()


def pixels(data: bytes, size: int | None = None, channels: int | None = None) -> np.ndarray:
    return to_pixels(decode(data, "it"), Options(size=size, channels=channels))


@pytest.fixture
def corners() -> Image.Image:
    """Wider than high: red top left, green top right, blue bottom left, white bottom right."""
    picture = Image.new("RGB", (48, 32), "white")
    picture.paste("red", (0, 0, 24, 16))
    picture.paste("lime", (24, 0, 48, 16))
    picture.paste("blue", (0, 16, 24, 32))
    return picture


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_orientation_is_undone(corners: Image.Image, orientation: int) -> None:
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = corners if undo is None else corners.transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = pixels(encoded(stored, "JPEG", exif=exif, quality=95))
    assert found.shape == (32, 48, 3)
    assert np.abs(found[8, 12].astype(int) - [255, 0, 0]).max() < 12
    assert np.abs(found[8, 36].astype(int) - [0, 255, 0]).max() < 12
    assert np.abs(found[24, 12].astype(int) - [0, 0, 255]).max() < 12


def test_damaged_exif_is_no_reason_to_lose_a_picture(corners: Image.Image) -> None:
    assert pixels(encoded(corners, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")).shape == (32, 48, 3)


def test_cmyk_becomes_rgb() -> None:
    ink = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert np.abs(pixels(encoded(ink, "JPEG", quality=100)).astype(int) - [255, 0, 0]).max() <= 3


def test_sixteen_bits_are_rounded_not_truncated() -> None:
    deep = np.array([[0, 128, 129, 257, 65535, 65407, 65406, 32768]], np.uint16)
    found = pixels(encoded(Image.fromarray(deep)))
    assert found[0, :, 0].tolist() == np.rint(deep[0] / 257.0).astype(int).tolist() == [0, 0, 1, 1, 255, 255, 254, 128]


def test_floats_are_taken_in_the_unit_range_only() -> None:
    level = Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32))
    assert pixels(encoded(level, "TIFF"))[0, :, 0].tolist() == [0, 128, 255]
    with pytest.raises(Unreadable, match=r"outside \[0, 1\]"):
        pixels(encoded(Image.fromarray(np.array([[0.0, 7.0]], np.float32)), "TIFF"))


def test_a_palette_with_a_transparent_entry_lies_on_white() -> None:
    picture = Image.new("P", (4, 4), 0)
    picture.putpalette([0, 0, 0, 255, 0, 0] + [0] * 756)
    picture.putpixel((1, 0), 1)
    found = pixels(encoded(picture, transparency=0))
    assert found[0, 0].tolist() == [255, 255, 255]
    assert found[0, 1].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [("RGBA", (0, 0, 0, 0), [255, 255, 255]), ("RGBA", (200, 100, 0, 255), [200, 100, 0]), ("LA", (0, 0), [255])],
)
def test_transparency_lies_on_white(mode: str, colour: tuple[int, ...], expected: list[int]) -> None:
    found = pixels(encoded(Image.new(mode, (4, 4), colour)))
    assert found[0, 0].tolist() == expected


def test_half_transparency_is_a_mixture_and_leaves_no_dark_fringe() -> None:
    picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    picture.paste((255, 255, 255, 255), (0, 0, 32, 64))
    assert pixels(encoded(picture), size=16).min() == 255
    assert pixels(encoded(Image.new("RGBA", (2, 2), (0, 0, 0, 128))))[0, 0].tolist() == [127, 127, 127]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "CMYK", "YCbCr"])
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_every_mode_ends_as_bytes_in_the_channels_asked_for(mode: str, channels: int | None) -> None:
    picture = Image.new(mode, (6, 6))
    file_format = {"CMYK": "JPEG", "YCbCr": "JPEG"}.get(mode, "PNG")
    found = pixels(encoded(picture, file_format), channels=channels)
    assert found.dtype == np.uint8
    assert found.shape == (6, 6, channels or (1 if mode in ("1", "L", "LA", "I;16") else 3))


def test_grey_is_rec_601_luma_rounded() -> None:
    colours = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    luma = colours.astype(float) @ [0.299, 0.587, 0.114]
    assert np.abs(pixels(encoded(Image.fromarray(colours)), channels=1)[:, :, 0] - luma).max() <= 0.51


def test_the_first_frame_counts() -> None:
    frames = [Image.new("L", (4, 4), level) for level in (10, 200)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert set(pixels(data, channels=1).ravel().tolist()) == {10}


def test_damaged_files_are_unreadable_with_a_reason() -> None:
    whole = encoded(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)))
    for data in (b"", b"GIF89a", whole[: len(whole) // 2], b"not an image at all", whole[:20] + bytes(50) + whole[70:]):
        with pytest.raises(Unreadable, match=r"\w+"):
            decode(data, "bad.png")


@given(st.binary(max_size=200), st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]), st.integers(0, 400))
def test_no_bytes_raise_anything_else(noise: bytes, file_format: str, place: int) -> None:
    whole = encoded(Image.new("RGB", (8, 8), "teal"), file_format)
    place = min(place, len(whole))
    try:
        found = decode(whole[:place] + noise + whole[place + len(noise) :], "noise")
    except (Unreadable, SourceError):
        return
    assert found.mode in ("L", "RGB")


def bomb(width: int, height: int) -> bytes:
    """A small PNG whose header declares a huge picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_000, 60_000])  # Pillow warns about the first, and refuses the second
def test_a_decompression_bomb_ends_it(folder: Path, opened: Open, side: int) -> None:
    (folder / "bomb.png").write_bytes(bomb(side, side))
    with pytest.raises(SourceError, match=r"bomb\.png may be a decompression bomb.*remove it"):
        opened(str(folder))


def test_shrinking_is_antialiased() -> None:
    finest = np.indices((64, 64)).sum(0) % 2 * 255
    small = np.asarray(resized(Image.fromarray(finest.astype(np.uint8)), 16, 16)).astype(int)
    assert np.abs(small - 127.5).max() <= 1.0


def test_shrinking_keeps_the_place_and_the_mean() -> None:
    ramp = np.tile(np.linspace(0, 255, 64), (64, 1))
    small = np.asarray(resized(Image.fromarray(np.rint(ramp).astype(np.uint8)), 16, 16)).astype(float)
    expected = ramp.reshape(64, 16, 4).mean(2)[:16]
    assert np.abs(small - expected)[:, 2:-2].max() <= 1.0


def test_a_zone_plate_shows_no_alias() -> None:
    """Frequencies above the new Nyquist limit must vanish, not fold down: what is left of them is grey."""
    y, x = np.mgrid[:256, :256] - 128.0
    plate = 127.5 + 127.5 * np.cos(np.pi * 0.5 * (x**2 + y**2) / 256)
    small = np.asarray(resized(Image.fromarray(np.rint(plate).astype(np.uint8)), 32, 32)).astype(float)
    ring = np.hypot(*(np.mgrid[:32, :32] - 15.5)) > 8  # 8 px from the centre the plate passes twice the new limit
    folded = plate[4::8, 4::8]
    assert small[ring].std() < 4 < 70 < folded[ring].std()


@pytest.mark.parametrize(("width", "height"), [(12, 8), (8, 12), (9, 8), (8, 8)])
def test_other_shapes_lose_their_sides_evenly(width: int, height: int) -> None:
    picture = Image.fromarray(np.arange(width * height, dtype=np.uint8).reshape(height, width))
    left, top = (width - 8) // 2, (height - 8) // 2
    assert np.array_equal(np.asarray(fit_square(picture, 8)), np.asarray(picture)[top : top + 8, left : left + 8])


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.sampled_from([None, 1, 3]))
def test_any_shape_fits_any_size(width: int, height: int, size: int, channels: int | None) -> None:
    found = to_pixels(Image.new("RGB", (width, height), (9, 99, 199)), Options(size=size, channels=channels))
    assert found.shape == (size, size, channels or 3)
    assert len(np.unique(found.reshape(-1, found.shape[2]), axis=0)) == 1, "a constant picture stays constant"
