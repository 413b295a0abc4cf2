"""Arrays in .npy and .npz files: three layouts, two types, and everything else refused with advice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acutance.data import ImageSet
from acutance.data.sources._arrays import ArrayHead, layout_of, to_bytes
from acutance.errors import SourceError

Open = Callable[..., ImageSet]
RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 6, 7), np.uint8)
COLOUR = RNG.integers(0, 256, (5, 6, 7, 3), np.uint8)


@pytest.mark.parametrize("ending", ["npy", "npz"])
@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (GREY, GREY[..., None]),
        (GREY[..., None], GREY[..., None]),
        (GREY[:, None], GREY[..., None]),
        (COLOUR, COLOUR),
        (COLOUR.transpose(0, 3, 1, 2), COLOUR),
        (np.asfortranarray(COLOUR), COLOUR),
        ((COLOUR / 255.0).astype(np.float32), COLOUR),
        (COLOUR.transpose(0, 3, 1, 2) / 255.0, COLOUR),
        ((COLOUR / 255.0).astype(">f8"), COLOUR),
    ],
    ids=["nhw", "nhw1", "n1hw", "nhwc", "nchw", "fortran", "float32", "float64-nchw", "big-endian"],
)
def test_layouts_and_types(tmp_path: Path, opened: Open, ending: str, array: np.ndarray, expected: np.ndarray) -> None:
    path = tmp_path / f"a.{ending}"
    (np.save if ending == "npy" else np.savez_compressed)(path, array)
    found = opened(str(path))
    assert np.array_equal(found.images, expected)
    assert found.names[:2] == ("000000.png", "000001.png")


def test_arrays_are_resized_and_recoloured_like_files(tmp_path: Path, opened: Open) -> None:
    np.save(tmp_path / "a.npy", COLOUR)
    assert opened(str(tmp_path / "a.npy"), size=4, channels=1).shape == (1, 4, 4)
    np.save(tmp_path / "b.npy", GREY)
    assert opened(str(tmp_path / "b.npy"), size=9, channels=3).shape == (3, 9, 9)


def test_floats_are_rounded_not_truncated() -> None:
    level = np.array([[0.0, 0.499, 0.501, 254.5 / 255 + 1e-9, 1.0]])
    assert to_bytes(level, "nhw", "it").tolist() == [[0, 127, 128, 255, 255]]


def test_what_rounding_leaves_outside_the_range_is_cut_off() -> None:
    assert to_bytes(np.array([[-9e-5, 1 + 9e-5]], np.float32), "nhw", "it").tolist() == [[0, 255]]
    with pytest.raises(SourceError, match="floats from"):
        to_bytes(np.array([[0.0, 1.001]]), "nhw", "it")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (COLOUR.astype(np.float32), r"floats from \d+ to 25\d; .*divide by 255"),
        (COLOUR / 127.5 - 1.0, r"floats from -.*map \[-1, 1\] by \(x \+ 1\) / 2"),
        (np.full((2, 4, 4), np.nan), "not finite"),
        (np.full((2, 4, 4), np.inf), "not finite"),
        (GREY.astype(np.int64), r"int64; .*astype\('uint8'\)"),
        (GREY > 9, "holds bool"),
        (np.zeros((2, 3, 8, 3), np.uint8), r"\(2, 3, 8, 3\) can be read as \(N, H, W, C\) and as \(N, C, H, W\)"),
        (np.zeros((8, 8), np.uint8), "leading axis of 1"),
        (np.zeros((8, 8, 3), np.uint8), "leading axis of 1"),
        (np.zeros((2, 8, 8, 4), np.uint8), "C = 1 or 3"),
        (np.zeros(8, np.uint8), r"shape \(8,\)"),
        (np.zeros((2, 2, 8, 8, 3), np.uint8), "images are"),
        (np.zeros((0, 8, 8), np.uint8), "no picture"),
        (np.zeros((3, 0, 8)), "images are empty"),
    ],
)
@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_what_is_refused(tmp_path: Path, opened: Open, ending: str, array: np.ndarray, message: str) -> None:
    path = tmp_path / f"a.{ending}"
    (np.save(path, array) if ending == "npy" else np.savez(path, images=array))
    with pytest.raises(SourceError, match=message):
        opened(str(path))


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_python_objects_are_never_loaded(tmp_path: Path, opened: Open, ending: str) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return (Path.write_text, (tmp_path / "sprung", "x"))  # type: ignore[return-value]

    trap = np.empty(3, object)
    trap[:] = [Trap() for _ in range(3)]
    path = tmp_path / f"a.{ending}"
    (np.save(path, trap) if ending == "npy" else np.savez(path, images=trap))
    with pytest.raises(SourceError, match="Python objects"):
        opened(str(path))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_a_damaged_file_is_an_error(tmp_path: Path, opened: Open, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    (np.save if ending == "npy" else np.savez)(path, COLOUR)
    data = path.read_bytes()
    for damaged in (b"", b"nothing like it", data[:40], data[: len(data) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(SourceError, match=r"cannot be read|ends early"):
            opened(str(path))


def test_of_several_arrays_the_rule_or_the_user_chooses(tmp_path: Path, opened: Open) -> None:
    path = str(tmp_path / "a.npz")
    np.savez(path, images=GREY, masks=GREY[:, :, :4], labels=np.arange(5))
    assert np.array_equal(opened(path).images[..., 0], GREY)
    assert opened(path).labels == ("0", "1", "2", "3", "4")
    assert opened(f"{path}?array=masks").shape == (1, 6, 4)
    with pytest.raises(SourceError, match=r"no array 'mask'; did you mean 'masks'\? known: images, masks, labels"):
        opened(f"{path}?array=mask")
    np.savez(path, x=GREY, y=np.arange(5))
    assert (len(opened(path)), opened(path).labels) == (5, None)
    np.savez(path, x=GREY, z=GREY)
    with pytest.raises(SourceError, match=r"x \(5, 6, 7\), z \(5, 6, 7\): several arrays .*\?array=NAME"):
        opened(path)
    np.savez(path, y=np.arange(5))
    with pytest.raises(SourceError, match="no arrays that may be images"):
        opened(path)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_a_layout_is_never_guessed(shape: list[int]) -> None:
    head = ArrayHead(tuple(shape), False, np.dtype(np.uint8))
    try:
        layout = layout_of(head, "it")
    except SourceError:
        return
    if layout == "nhw":
        assert len(shape) == 3
    else:
        assert len(shape) == 4
        assert (shape[3] in (1, 3)) != (shape[1] in (1, 3))
        assert (shape[3] in (1, 3)) == (layout == "nhwc")
