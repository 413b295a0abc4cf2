"""Pairs by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from acutance.cli._folder import output_names
from acutance.data import PairSet, image_set, match_pairs, open_pairs
from acutance.errors import SourceError

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 4, 4, 1), np.uint8)


def of(*names: str, pixels: np.ndarray = PIXELS) -> object:
    return image_set(pixels[: len(names)], names=names, source=names[0][0])


def test_pairs_are_matched_by_name_not_by_place() -> None:
    pairs = match_pairs(of("a/x.png", "a/y.png", "z.png"), of("z.jpg", "a/x.jpg", "a/y.jpg"))  # type: ignore[arg-type]
    assert pairs.input.names == ("a/x.png", "a/y.png", "z.png")
    assert pairs.target.names == ("a/x.jpg", "a/y.jpg", "z.jpg")
    assert np.array_equal(pairs.target.images, PIXELS[[1, 2, 0]])


@pytest.mark.parametrize("names", [("x.png", "y.png"), ("in/x.png", "in/y.png"), ("p/in/x.png", "p/in/y.png")])
def test_an_archive_may_hold_the_folder_whole(names: tuple[str, ...]) -> None:
    for a, b in ((of(*names), of("y.png", "x.png")), (of("y.png", "x.png"), of(*names))):
        pairs = match_pairs(a, b)  # type: ignore[arg-type]
        assert [name[-5:] for name in pairs.input.names] == [name[-5:] for name in pairs.target.names]


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (("x.png", "y.png"), ("x.png",), "1 of 2 images of 'x' have no partner of the same name in 'x': y; add"),
        (("x.png",), ("x.png", "y.png"), "1 of 2 images of 'x' have no partner"),
        (("x.png", "x.jpg"), ("x.png",), "'x' has several images called x; names must differ"),
        (("a/x.png",), ("b/x.png",), "have no partner"),
    ],
)
def test_what_does_not_pair_up_is_named(a: tuple[str, ...], b: tuple[str, ...], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        match_pairs(of(*a), of(*b))  # type: ignore[arg-type]


@pytest.mark.parametrize(("a", "b"), [([0, 0, 1], [0, 0, 1]), ([0, 1], [0, 1, 1]), ([0, 0, 1], [0, 1])])
def test_no_image_is_dropped_for_having_the_name_of_another(a: list[int], b: list[int]) -> None:
    """As an archive may hold a file twice."""
    images = image_set(PIXELS[:2], names=("x.png", "y.png"), source="x")
    with pytest.raises(SourceError, match=r"'x' has several images called [xy]; names must differ"):
        match_pairs(images.take(a), images.take(b))


def test_shapes_must_agree() -> None:
    other = np.zeros((1, 5, 4, 3), np.uint8)
    with pytest.raises(SourceError, match="'x' has 1 x 4 x 4, 'x' has 3 x 5 x 4; give --size and --channels"):
        match_pairs(of("x.png"), of("x.png", pixels=other))  # type: ignore[arg-type]


def test_lengths_must_agree() -> None:
    with pytest.raises(SourceError, match="as many inputs as targets, got 1 and 2"):
        PairSet(input=of("a"), target=of("a", "b"))  # type: ignore[arg-type]


def save(folder: Path, value: int, names: range = range(6)) -> None:
    folder.mkdir(parents=True)
    for i in names:
        Image.new("L", (4, 4), value + i).save(folder / f"{'abcdef'[i]}.png")


def test_two_folders(tmp_path: Path) -> None:
    save(tmp_path / "one", 0)
    save(tmp_path / "two", 100)
    pairs = open_pairs(str(tmp_path / "one"), str(tmp_path / "two"), cache=tmp_path / "cache")
    assert len(pairs) == 6
    assert np.array_equal(pairs.target.images, pairs.input.images + 100)
    for part in (*pairs.split(0.3), pairs.take([3, 1])):
        assert np.array_equal(part.target.images, part.input.images + 100)


def test_one_folder_with_two_sides(tmp_path: Path) -> None:
    save(tmp_path / "data" / "input", 0)
    save(tmp_path / "data" / "target", 100)
    pairs = open_pairs(str(tmp_path / "data"), cache=tmp_path / "cache")
    assert pairs.input.names == pairs.target.names == tuple(f"{c}.png" for c in "abcdef")
    assert np.array_equal(pairs.target.images, pairs.input.images + 100)


def test_a_missing_side_is_named(tmp_path: Path) -> None:
    save(tmp_path / "data" / "input", 0)
    with pytest.raises(SourceError, match="no image lies under target/"):
        open_pairs(str(tmp_path / "data"), cache=tmp_path / "cache")


def test_equal_targets_keep_pairs_together() -> None:
    """Two inputs with one and the same target may not part: the target would be on both sides."""
    names = [f"{c}.png" for c in "abcdefghijkl"]
    inputs = np.arange(12 * 16, dtype=np.uint8).reshape(12, 4, 4, 1)
    targets = 255 - np.repeat(inputs[::2], 2, axis=0)
    pairs = PairSet(input=image_set(inputs, names=names), target=image_set(targets, names=names))
    for share in (0.1, 0.3, 0.5, 0.7):
        train, held_out = pairs.split(share)
        assert not {d.tobytes() for d in train.target.digests} & {d.tobytes() for d in held_out.target.digests}
        assert len(train) + len(held_out) == 12


def many(folder: Path, names: list[str], *, broken: tuple[str, ...] = ()) -> str:
    """Pictures of one size, each of another grey, and files that are none."""
    folder.mkdir(parents=True)
    for i, name in enumerate(names):
        Image.new("L", (4, 4), i).save(folder / name)
    for name in broken:
        (folder / name).write_bytes(b"no picture")
    return str(folder)


def greys(pairs: PairSet) -> list[tuple[int, int]]:
    return [(int(a[0, 0, 0]), int(b[0, 0, 0])) for a, b in zip(pairs.input.images, pairs.target.images, strict=True)]


SIXTY = [f"{i:03d}.png" for i in range(60)]


@pytest.mark.parametrize("bad", ["one", "two"])
def test_what_cannot_be_read_is_left_out_of_both(tmp_path: Path, bad: str) -> None:
    sides = [many(tmp_path / s, SIXTY, broken=("005.png",) if s == bad else ()) for s in ("one", "two")]
    pairs = open_pairs(*sides, cache=tmp_path / "cache")
    assert greys(pairs) == [(i, i) for i in range(60) if i != 5]
    assert [one.name for one in pairs.skipped] == ["005.png"]


def test_what_cannot_be_read_is_left_out_of_one_folder_with_two_sides(tmp_path: Path) -> None:
    many(tmp_path / "data" / "input", SIXTY)
    many(tmp_path / "data" / "target", SIXTY, broken=("005.png",))
    pairs = open_pairs(str(tmp_path / "data"), cache=tmp_path / "cache")
    assert greys(pairs) == [(i, i) for i in range(60) if i != 5]
    assert [one.name for one in pairs.skipped] == ["target/005.png"]


def test_what_is_missing_is_still_named_beside_what_cannot_be_read(tmp_path: Path) -> None:
    one = many(tmp_path / "one", SIXTY)
    two = many(tmp_path / "two", SIXTY[:59], broken=("005.png",))
    with pytest.raises(SourceError, match=r"1 of 60 images of .* have no partner of the same name in .*: 059; add"):
        open_pairs(one, two, cache=tmp_path / "cache")


def test_more_than_a_few_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    """In one set when it is opened; in both sets, each with few, by the pairs."""
    for name, broken, words in (
        ("x", ((), SIXTY[:4]), "4 of 60 pictures cannot be read, more than 5 %"),
        ("y", (SIXTY[:2], SIXTY[2:4]), "4 of 60 pairs cannot be read, more than 5 %: 000, 001, 002, ..."),
    ):
        sides = [many(tmp_path / name / str(i), SIXTY, broken=tuple(bad)) for i, bad in enumerate(broken)]
        with pytest.raises(SourceError, match=words):
            open_pairs(*sides, cache=tmp_path / "cache")


def test_names_that_differ_in_their_suffix_alone_pair_with_themselves_and_with_their_reconstructions() -> None:
    names = ("000.jpg", "000.png", "001.jpg")
    made = output_names(names)
    assert made == ["000.jpg.png", "000.png.png", "001.png"]
    for others in (names, tuple(made)):
        pairs = match_pairs(of(*names), of(*reversed(others), pixels=PIXELS[2::-1]))  # type: ignore[arg-type]
        assert pairs.input.names == names and pairs.target.names == others
        assert np.array_equal(pairs.target.images, pairs.input.images)


def test_a_twin_that_cannot_be_read_counts_where_names_were_made_with_it_and_only_there(tmp_path: Path) -> None:
    names = [*SIXTY, "000.bmp"]
    whole = many(tmp_path / "whole", names)
    broken = many(tmp_path / "broken", names, broken=("000.bmp",))
    made = many(tmp_path / "made", output_names(SIXTY))
    assert greys(open_pairs(whole, broken, cache=tmp_path / "cache")) == [(i, i) for i in range(60)]
    assert greys(open_pairs(broken, made, cache=tmp_path / "cache")) == [(i, i) for i in range(60)]


def test_one_image_missing_is_not_blamed_on_twins_that_pair_up() -> None:
    with pytest.raises(SourceError, match="1 of 3 images of '0' have no partner of the same name in '0': 001; add"):
        match_pairs(of("000.jpg", "000.png", "001.jpg"), of("000.png", "000.jpg"))  # type: ignore[arg-type]
