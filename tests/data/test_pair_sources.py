"""Pairs made of other sources: two folders, pictures side by side, edges, and the way back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from acutance.data import PairSet, are_pairs, open_pairs, open_source, paired
from acutance.data._two_sides import sides_together
from acutance.errors import SourceError

SIDE = 16
NAMES = [f"{word}.png" for word in ("ash", "birch", "cedar", "date", "elm", "fig", "gum", "hazel")]
PIXELS = np.random.default_rng(0).integers(0, 256, (len(NAMES), SIDE, SIDE, 3), np.uint8)


def save(folder: Path, pixels: np.ndarray) -> str:
    folder.mkdir(parents=True)
    for name, image in zip(NAMES, pixels, strict=True):
        Image.fromarray(image).save(folder / name)
    return str(folder)


def opened(source: str, cache: Path, size: int | None = None) -> PairSet:
    return open_pairs(source, size=size, cache=cache / "cache")


def test_two_folders_are_matched_by_name(tmp_path: Path) -> None:
    source = f"pairs:{save(tmp_path / 'a', PIXELS)}:{save(tmp_path / 'b', 255 - PIXELS)}"
    pairs = opened(source, tmp_path)
    assert pairs.source == source
    assert pairs.names == tuple(NAMES)
    assert np.array_equal(pairs.input.images, PIXELS)
    assert np.array_equal(pairs.target.images, 255 - PIXELS)


def test_folders_with_colons_in_their_names(tmp_path: Path) -> None:
    source = f"pairs:{save(tmp_path / 'a:b', PIXELS)}:{save(tmp_path / 'c', 255 - PIXELS)}"
    assert np.array_equal(opened(source, tmp_path).target.images, 255 - PIXELS)


def test_a_lonely_picture_is_named(tmp_path: Path) -> None:
    source = f"pairs:{save(tmp_path / 'a', PIXELS)}:{save(tmp_path / 'b', PIXELS)}"
    (tmp_path / "b" / "elm.png").unlink()
    with pytest.raises(SourceError, match=r"1 of 8 images .* have no partner .*: elm"):
        opened(source, tmp_path)


def test_reversed_exchanges_the_sides(tmp_path: Path) -> None:
    source = f"pairs:{save(tmp_path / 'a', PIXELS)}:{save(tmp_path / 'b', 255 - PIXELS)}"
    pairs = opened(f"reversed:{source}", tmp_path)
    assert np.array_equal(pairs.input.images, 255 - PIXELS)
    assert np.array_equal(pairs.target.images, PIXELS)
    again = opened(f"reversed:reversed:{source}", tmp_path)
    assert np.array_equal(again.input.images, PIXELS)


def test_halves_are_cut_before_they_are_resized(tmp_path: Path) -> None:
    save(tmp_path / "ab", np.concatenate([PIXELS, 255 - PIXELS], axis=2))
    pairs = opened(f"ab:{tmp_path / 'ab'}", tmp_path)
    assert np.array_equal(pairs.input.images, PIXELS)
    assert np.array_equal(pairs.target.images, 255 - PIXELS)
    alone = open_source(save(tmp_path / "left", PIXELS), size=8, cache=tmp_path / "cache")
    assert np.array_equal(opened(f"ab:{tmp_path / 'ab'}", tmp_path, size=8).input.images, alone.images)


@pytest.mark.parametrize("kind", ["pairs", "ab", "reversed", "folder", "edges"])
def test_both_sides_of_a_pair_stay_together_in_a_split(tmp_path: Path, kind: str) -> None:
    """As plain images, too: what is learnt from one side says what the other is."""
    pixels = np.random.default_rng(1).integers(0, 256, (60, SIDE, SIDE, 3), np.uint8)
    for i, image in enumerate(pixels):
        for side, picture in (("input", image), ("target", 255 - image)):
            (tmp_path / "both" / side).mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(tmp_path / "both" / side / f"{chr(97 + i % 26)}{chr(97 + i // 26)}.png")
    (tmp_path / "halves").mkdir()
    for path in sorted((tmp_path / "both" / "input").iterdir()):
        halves = [np.asarray(Image.open(tmp_path / "both" / side / path.name)) for side in ("input", "target")]
        Image.fromarray(np.concatenate(halves, axis=1)).save(tmp_path / "halves" / path.name)
    two = f"pairs:{tmp_path / 'both' / 'input'}:{tmp_path / 'both' / 'target'}"
    source = {
        "pairs": two,
        "ab": f"ab:{tmp_path / 'halves'}",
        "reversed": f"reversed:{two}",
        "folder": str(tmp_path / "both"),
        "edges": f"edges:{tmp_path / 'both' / 'input'}",
    }[kind]
    images = open_source(source, cache=tmp_path / "cache")
    sides = [{name.partition("/")[2] for name in part.names} for part in images.split(0.3)]
    assert not sides[0] & sides[1]
    assert [len(part) for part in images.split(0.3)] == [2 * len(side) for side in sides]
    pairs = [part.names for part in paired(images).split(0.3)]
    assert sides == [set(names) for names in pairs], "the same as of the pairs"


def test_sides_of_a_folder_inside_are_together_and_other_names_are_left(tmp_path: Path) -> None:
    names = ["input/x/a.png", "input/x/b.png", "target/a.jpg", "target/b.jpg", "target/lone.png"]
    groups = ["1", "2", "3", "4", "5"]
    assert sides_together(names, groups) == ("1", "2", "1", "2", "5")
    assert sides_together(["input/a.png", "other/a.png"], ["1", "2"]) == ("1", "2")
    assert sides_together(["target/a.png"], ["1"]) == ("1",)


def test_edges_are_white_where_the_picture_changes(tmp_path: Path) -> None:
    pixels = np.zeros((len(NAMES), SIDE, SIDE, 3), np.uint8)
    for i, image in enumerate(pixels):
        image[:, 2 + i % 4 : 9 + i % 4] = 150 + 10 * i
    pairs = opened(f"edges:{save(tmp_path / 'bars', pixels)}", tmp_path)
    assert np.array_equal(pairs.target.images, pixels)
    edges = pairs.input.images[..., 0]
    assert set(np.unique(edges)) == {0, 255}
    for i, image in enumerate(edges):
        columns = np.flatnonzero(image.any(axis=0))
        steps = np.array([1.5, 8.5]) + i % 4
        away = np.abs(columns[:, None] - steps)
        assert away.min(axis=1).max() <= 1
        assert away.min(axis=0).max() <= 1, "either side of the bar"


def test_pictures_without_edges_are_left_out(tmp_path: Path) -> None:
    """Equal empty edges would tie all their groups together in a split."""
    pixels = PIXELS.copy()
    pixels[[1, 5]] = 90
    pairs = opened(f"edges:{save(tmp_path / 'some-flat', pixels)}", tmp_path)
    assert pairs.names == tuple(name for i, name in enumerate(NAMES) if i not in (1, 5))
    assert np.array_equal(pairs.target.images, np.delete(pixels, [1, 5], axis=0))


def test_an_unreadable_picture_is_skipped_on_both_sides(tmp_path: Path) -> None:
    many = np.repeat(PIXELS, 4, axis=0)
    folder = tmp_path / "many"
    folder.mkdir()
    for i, image in enumerate(many):
        Image.fromarray(image).save(folder / f"word{i}.png")
    (folder / "word9.png").write_bytes(b"no picture")
    for kind in ("edges", "ab"):
        pairs = opened(f"{kind}:{folder}", tmp_path)
        assert len(pairs) == len(many) - 1
        assert {bad.name.rpartition("/")[2] for bad in pairs.skipped} == {"word9.png"}


def test_a_pair_set_says_what_a_training_run_asks(tmp_path: Path) -> None:
    pairs = opened(f"pairs:{save(tmp_path / 'a', PIXELS)}:{save(tmp_path / 'b', 255 - PIXELS)}", tmp_path)
    assert pairs.shape == (3, SIDE, SIDE)
    assert pairs.digests.shape == (2 * len(NAMES), 16)
    stacked = pairs.tensor([2, 5])
    assert stacked.shape == (2, 6, SIDE, SIDE)
    assert (stacked.sum(1) - 3).abs().max() < 1e-5, "an input and its negative"
    assert pairs.tensor().shape[0] == len(NAMES)
    back = opened(f"reversed:{pairs.source}", tmp_path)
    assert back.fingerprint != pairs.fingerprint
    assert opened(pairs.source, tmp_path).fingerprint == pairs.fingerprint


def test_which_sources_are_pairs(tmp_path: Path) -> None:
    plain = open_source(save(tmp_path / "data" / "input", PIXELS), cache=tmp_path / "cache")
    assert not are_pairs(plain)
    assert not are_pairs(open_source(str(tmp_path / "data"), cache=tmp_path / "cache"))
    save(tmp_path / "data" / "target", PIXELS)
    both = open_source(str(tmp_path / "data"), cache=tmp_path / "cache")
    assert are_pairs(both)
    assert np.array_equal(paired(both).target.images, PIXELS)
    Image.fromarray(PIXELS[0]).save(tmp_path / "data" / "note.png")
    assert not are_pairs(open_source(str(tmp_path / "data"), cache=tmp_path / "cache"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("pairs:{0}", "write pairs:INPUTS:TARGETS"),
        ("pairs:{0}:{0}/nowhere", "no source"),
        ("reversed:", "write reversed: before a source of pairs"),
        ("reversed:{0}", "lies neither under input/ nor under target/"),
        ("edges:", "write edges: before a source"),
        ("edges:{0}/nowhere", "there is no source"),
        ("ab:{1}", "17 pixels wide, which is odd"),
        ("{0}", "no image lies under input/; pairs are builtin:icon-pairs"),
    ],
)
def test_what_does_not_make_pairs_is_explained(tmp_path: Path, source: str, message: str) -> None:
    plain, odd = save(tmp_path / "a", PIXELS), save(tmp_path / "odd", np.pad(PIXELS, ((0, 0), (0, 0), (0, 1), (0, 0))))
    with pytest.raises(SourceError, match=message):
        opened(source.format(plain, odd), tmp_path)
