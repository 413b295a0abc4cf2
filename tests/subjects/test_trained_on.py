"""Which images a model has not been trained on: exactly, under any name, and with their near variants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from acutance.data import ImageSet, image_set, load_digests, save_digests
from acutance.subjects import TrainedOn


def pictures(count: int, seed: int = 0, **names: list[str]) -> ImageSet:
    return image_set(np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 1), np.uint8), **names)


def trained_on(images: ImageSet, *, digests: bool = True) -> TrainedOn:
    kept = images.digests if digests else None
    return TrainedOn(source=images.source, images=len(images), fingerprint=images.fingerprint, digests=kept)


def test_the_held_out_side_is_what_was_not_trained_on() -> None:
    images = pictures(40)
    training, held_out = images.split(0.3)
    unseen = trained_on(training).unseen(images)
    assert unseen is not None
    assert images.take(np.flatnonzero(unseen)).names == held_out.names


def test_names_and_order_do_not_matter() -> None:
    images = pictures(40)
    training, held_out = images.split(0.3)
    shuffled = images.take(np.random.default_rng(1).permutation(40))
    renamed = image_set(shuffled.images, names=[f"other/{i}.png" for i in range(40)])
    unseen = trained_on(training).unseen(renamed)
    assert unseen is not None
    assert {d.tobytes() for d in renamed.digests[unseen]} == {d.tobytes() for d in held_out.digests}


def test_near_variants_of_a_training_image_go_with_it() -> None:
    images = pictures(6, groups=["a", "a", "b", "b", "c", "c"])
    unseen = trained_on(images.take([0])).unseen(images)
    assert unseen is not None
    assert unseen.tolist() == [False, False, True, True, True, True]


def test_other_images_are_all_unseen() -> None:
    unseen = trained_on(pictures(20)).unseen(pictures(20, seed=1))
    assert unseen is not None
    assert unseen.all()


def test_without_digests_the_fingerprint_tells_what_it_can() -> None:
    images = pictures(40)
    training, held_out = images.split()
    unseen = trained_on(training, digests=False).unseen(images)
    assert unseen is not None
    assert unseen.sum() == len(held_out)
    on_all = trained_on(images, digests=False).unseen(images)
    assert on_all is not None
    assert not on_all.any()
    assert trained_on(pictures(40, seed=1), digests=False).unseen(images) is None


def test_digests_come_back_as_they_were_kept(tmp_path: Path) -> None:
    images = pictures(5).take([3, 1])
    save_digests(tmp_path / "digests.npy", images.digests)
    found = load_digests(tmp_path / "digests.npy")
    assert found is not None
    assert np.array_equal(found, images.digests)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"no array at all"])
def test_damaged_digests_are_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "digests.npy").write_bytes(content)
    assert load_digests(tmp_path / "digests.npy") is None


def test_digests_of_another_kind_are_none(tmp_path: Path) -> None:
    np.save(tmp_path / "digests.npy", np.zeros((3, 4)))
    assert load_digests(tmp_path / "digests.npy") is None
    np.save(tmp_path / "digests.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert load_digests(tmp_path / "digests.npy") is None
