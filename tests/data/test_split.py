"""Held-out images: stable, leak-free, never empty."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from acutance.data import ImageSet, image_set
from acutance.data._families import families, family
from acutance.data._split import held_out_mask
from acutance.errors import ConfigError, SourceError

Open = Callable[..., ImageSet]
groups_of = st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=1, max_size=60)


def digests(contents: list[int]) -> np.ndarray:
    rows = [hashlib.blake2b(bytes([c]), digest_size=16).digest() for c in contents]
    return np.frombuffer(b"".join(rows), np.uint8).reshape(-1, 16)


@given(groups_of, st.data(), st.floats(0.01, 0.99))
def test_no_group_and_no_content_on_both_sides(groups: list[str], data: st.DataObject, share: float) -> None:
    contents = data.draw(st.lists(st.integers(0, 200), min_size=len(groups), max_size=len(groups)))
    try:
        mask = held_out_mask(groups, digests(contents), share)
    except SourceError:
        return
    assert 0 < mask.sum() < len(groups)
    for values in (groups, contents):
        held, train = {v for v, m in zip(values, mask, strict=True) if m}, set()
        train = {v for v, m in zip(values, mask, strict=True) if not m}
        assert not held & train


@given(st.permutations(range(40)), st.integers(2, 40))
def test_neither_order_nor_company_moves_an_image(shuffled: list[int], kept: int) -> None:
    names = [f"group {i}" for i in range(40)]
    whole = dict(zip(names, held_out_mask(names, digests(list(range(40))), 0.3), strict=True))
    some = [names[i] for i in shuffled[:kept]]
    mask = held_out_mask(some, digests(shuffled[:kept]), 0.3)
    expected = np.array([whole[name] for name in some])
    if 0 < expected.sum() < kept:
        assert np.array_equal(mask, expected)
    else:
        assert 1 in (mask.sum(), kept - mask.sum()), "one group is moved where a side would be empty"


def test_the_split_is_pinned() -> None:
    """A change here moves everyone's held-out images: then the changelog must say so."""
    names = [f"group {i}" for i in range(60)]
    mask = held_out_mask(names, digests(list(range(60))), 0.1)
    assert np.flatnonzero(mask).tolist() == PINNED


PINNED = [3, 5, 12, 19, 47]


@pytest.mark.parametrize("share", [0.05, 0.1, 0.25, 0.5])
def test_the_share_of_groups_is_about_right(share: float) -> None:
    names = [str(i) for i in range(4000)]
    mask = held_out_mask(names, np.random.default_rng(0).integers(0, 256, (4000, 16), np.uint8), share)
    assert abs(mask.mean() - share) < 4 * (share * (1 - share) / 4000) ** 0.5


def test_groups_tied_by_equal_images_stay_together() -> None:
    groups = [f"g{i}" for i in range(50)]
    contents = [i // 2 for i in range(1, 51)]  # every image equals the one before or after it
    mask = held_out_mask(groups, digests(contents), 0.4)
    assert all(mask[i] == mask[i + 1] for i in range(49) if contents[i] == contents[i + 1])
    assert mask.any()


def test_a_single_group_cannot_be_split() -> None:
    with pytest.raises(SourceError, match="all 3 images belong together"):
        held_out_mask(["a", "a", "a"], digests([1, 2, 3]), 0.1)
    with pytest.raises(SourceError, match="all 2 images belong together"):
        held_out_mask(["a", "b"], digests([1, 1]), 0.1)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_is_between_0_and_1(share: float) -> None:
    with pytest.raises(ConfigError, match="between 0 and 1"):
        held_out_mask(["a", "b"], digests([1, 2]), share)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("cat-1.png", "cat_outline.jpg", True),
        ("cat-1.png", "dog-1.png", False),
        ("cat12.png", "cat13.png", True),
        ("a/cat-1.png", "b/cat-1.png", False),
        ("0012_a.png", "0012_b.png", True),
        ("0012_a.png", "0013_a.png", False),
        ("IMG_0012.jpg", "IMG_0012-edited.jpg", True),
        ("IMG_0012.jpg", "IMG_0013.jpg", False),
        ("img12.png", "img13.png", False),
        ("x (1).png", "x (2).png", True),
        ("Cat.png", "cat-2.PNG", True),
        ("photo.of.a.cat.png", "photo.of.a.dog.png", True),
    ],
)
def test_families_by_name(one: str, other: str, same: bool) -> None:
    assert (family(one) == family(other)) is same


def test_names_that_tell_no_families_apart_stand_for_themselves() -> None:
    names = [f"a{i:03d}.png" for i in range(20)] + ["a003 (1).png", "a004 copy.png", "a005.jpg"]
    found = families(names)
    assert len(set(found)) == 20
    assert found[20:] == (found[3], found[4], found[5])


def test_a_big_family_among_many_is_kept_whole() -> None:
    names = [f"{word}-{i}.png" for word in ("ant", "bee", "cow", "dog", "eel", "fox") for i in range(4)]
    assert set(families(names)) == {"ant", "bee", "cow", "dog", "eel", "fox"}


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=30, unique=True))
def test_any_names_have_families(names: list[str]) -> None:
    assert len(families(names)) == len(names)


def test_a_folder_of_frames_can_be_split(tmp_path: Path, opened: Open) -> None:
    for i in range(20):
        Image.new("L", (4, 4), 9 * i).save(tmp_path / f"frame_{i:04d}.png")
    train, held_out = opened(str(tmp_path)).split()
    assert len(train) + len(held_out) == 20
    assert len(held_out) >= 1


def test_equal_files_under_unrelated_names_stay_together(folder: Path, opened: Open) -> None:
    for i, file in enumerate(sorted(folder.iterdir())):
        (folder / f"word{chr(97 + i)}-copy.png").write_bytes(file.read_bytes())
    for share in (0.1, 0.3, 0.5, 0.7):
        train, held_out = opened(str(folder)).split(share)
        assert not {d.tobytes() for d in train.digests} & {d.tobytes() for d in held_out.digests}


def test_adding_files_moves_no_old_one(folder: Path, opened: Open) -> None:
    before = set(opened(str(folder)).split(0.4)[1].names)
    for i in range(20):
        Image.new("L", (8, 8), i).save(folder / f"new{chr(97 + i)}-{i}.png")
    whole = opened(str(folder))
    old = {name for name in whole.names if not name.startswith("new")}
    assert set(whole.split(0.4)[1].names) & old == before


def test_what_moves_an_old_image_is_a_tie_to_an_earlier_name() -> None:
    names = [f"group {i}" for i in range(40)]
    contents = list(range(40))
    before = held_out_mask(names, digests(contents), 0.3)
    tied = held_out_mask([*names, "a new name"], digests([*contents, 3]), 0.3)
    assert np.array_equal(np.delete(tied[:40], 3), np.delete(before, 3)), "no other image moves"
    place = held_out_mask(["a new name", *names[4:]], digests([100, *contents[4:]]), 0.3)[0]
    assert tied[3] == tied[40] == place
    later = held_out_mask([*names, "later name"], digests([*contents, 3]), 0.3)
    assert np.array_equal(later[:40], before)


def test_icons_are_split_by_first_word(icons: ImageSet) -> None:
    train, held_out = icons.split()
    words = [{name.split("-")[0].removesuffix(".png") for name in part.names} for part in (train, held_out)]
    assert not words[0] & words[1]
    assert not {d.tobytes() for d in train.digests} & {d.tobytes() for d in held_out.digests}
    assert 0.08 < len(held_out) / len(icons) < 0.12
    assert set(train.names) | set(held_out.names) == set(icons.names)


def test_labels_and_answers_follow() -> None:
    some = image_set(
        np.arange(8 * 4, dtype=np.uint8).reshape(8, 2, 2, 1),
        names=[f"{c}.png" for c in "abcdefgh"],
        labels=list("ABCDEFGH"),
        answers="42",
    )
    for part in some.split(0.3):
        assert part.labels == tuple(name[0].upper() for name in part.names)
        assert part.answers == "42"
