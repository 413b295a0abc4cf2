"""ImageSet: views, gathers, tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from acutance.data import ImageSet, image_set
from acutance.errors import SourceError

PIXELS = np.random.default_rng(0).integers(0, 256, (10, 4, 5, 3), np.uint8)


@pytest.fixture(scope="module")
def images() -> ImageSet:
    return image_set(PIXELS.copy(), labels=[str(i) for i in range(10)])


def test_tensors_are_the_bytes_over_255(images: ImageSet) -> None:
    found = images.tensor([3, 1, 3])
    assert found.dtype == torch.float32
    assert found.shape == (3, 3, 4, 5)
    assert found.is_contiguous(memory_format=torch.channels_last)
    expected = PIXELS[[3, 1, 3]].transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
    assert np.array_equal(found.numpy(), expected)
    assert torch.equal(images.tensor(), images.tensor(range(10)))
    assert torch.equal((images.tensor() * 255).round().to(torch.uint8).permute(0, 2, 3, 1), torch.from_numpy(PIXELS))


def test_a_tensor_is_the_callers_own(images: ImageSet) -> None:
    images.tensor([0]).zero_()
    assert np.array_equal(images.images, PIXELS)


@pytest.mark.parametrize("as_type", [list, tuple, np.array, torch.tensor])
def test_any_kind_of_index(images: ImageSet, as_type: type) -> None:
    assert torch.equal(images.tensor(as_type([2, -1])), images.tensor([2, 9]))
    assert images.take(as_type([2, -1])).names == (images.names[2], images.names[9])


@given(st.lists(st.integers(0, 9), max_size=12), st.data())
def test_takes_of_takes_are_takes(picked: list[int], data: st.DataObject) -> None:
    images = image_set(PIXELS.copy(), labels=[str(i) for i in range(10)])
    first = images.take(picked)
    assert np.array_equal(first.images, PIXELS[picked])
    assert (len(first), first.shape) == (len(picked), (3, 4, 5))
    if picked:
        again = data.draw(st.lists(st.integers(0, len(picked) - 1), max_size=6))
        second = first.take(again)
        assert np.array_equal(second.images, PIXELS[picked][again])
        assert second.labels == tuple(str(picked[i]) for i in again)
        assert torch.equal(second.tensor(), first.tensor(again))
        assert second.fingerprint == images.take([picked[i] for i in again]).fingerprint


def test_consecutive_images_are_a_view(images: ImageSet) -> None:
    part = images.take(range(2, 6)).take(range(1, 3))
    assert np.shares_memory(part.images, images.base)
    assert np.array_equal(part.images, PIXELS[3:5])


def test_nothing_can_be_written(images: ImageSet) -> None:
    for found in (images.images, images.take([1, 5]).images, images.take([1, 2]).images):
        with pytest.raises(ValueError, match="read-only"):
            found[0] = 0
    with pytest.raises(AttributeError):
        images.source = "other"  # type: ignore[misc]


def test_a_fingerprint_tells_content_names_and_order(images: ImageSet) -> None:
    other = PIXELS.copy()
    other[0, 0, 0, 0] ^= 1
    prints = {
        images.fingerprint,
        image_set(other).fingerprint,
        images.take(range(9)).fingerprint,
        images.take([1, 0, *range(2, 10)]).fingerprint,
        images.renamed([f"x{i}" for i in range(10)]).fingerprint,
    }
    assert len(prints) == 5
    assert image_set(PIXELS.copy(), source="elsewhere").fingerprint == images.fingerprint


def test_places_that_are_not_there(images: ImageSet) -> None:
    with pytest.raises(IndexError):
        images.take([10])
    with pytest.raises(IndexError):
        images.tensor([-11])


@pytest.mark.parametrize(
    "wrong", [PIXELS.astype(np.float32), PIXELS[0], PIXELS[..., :2], PIXELS[:0], np.zeros((2, 4, 4), np.uint8)]
)
def test_only_bytes_in_four_axes(wrong: np.ndarray) -> None:
    with pytest.raises(SourceError, match=r"uint8 \(N, H, W, C\)"):
        image_set(wrong)


def test_names_are_unique_and_complete() -> None:
    with pytest.raises(SourceError, match="unique names"):
        image_set(PIXELS, names=["a"] * 10)
    with pytest.raises(SourceError, match="unique names"):
        image_set(PIXELS, names=["a"])
    with pytest.raises(SourceError, match="need as many names"):
        image_set(PIXELS).renamed(["a"])


def test_it_says_what_it_is(images: ImageSet) -> None:
    assert repr(images) == "ImageSet('memory', 10 images, 3 x 4 x 5)"
