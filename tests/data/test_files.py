"""Folders and zip archives."""

from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from acutance.data import ImageSet
from acutance.errors import SourceError

Open = Callable[..., ImageSet]


def zipped(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def test_a_folder_is_read_whole_sorted_and_exactly(folder: Path, opened: Open) -> None:
    found = opened(str(folder))
    assert found.names == tuple(sorted(path.name for path in folder.iterdir()))
    assert found.shape == (1, 8, 8)
    for i, name in enumerate(found.names):
        assert np.array_equal(found.images[i, :, :, 0], np.asarray(Image.open(folder / name)))


def test_folders_inside_count_and_are_labels(folder: Path, opened: Open) -> None:
    for kind in ("cats", "dogs/small"):
        (folder / kind).mkdir(parents=True)
        for i in range(3):
            Image.new("L", (8, 8), 40 * i + len(kind)).save(folder / kind / f"{i}.PNG")
    found = opened(str(folder))
    assert len(found) == 18
    labels = dict(zip(found.names, found.labels or (), strict=True))
    assert (labels["cats/1.PNG"], labels["dogs/small/2.PNG"], labels["egg-8.png"]) == ("cats", "small", "")


def test_a_flat_folder_has_no_labels(folder: Path, opened: Open) -> None:
    assert opened(str(folder)).labels is None


def test_what_is_no_picture_is_passed_over(folder: Path, opened: Open) -> None:
    for name in ("notes.txt", ".hidden.png", "._apple-0.png", "data.json"):
        (folder / name).write_bytes(b"?")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "x.png").write_bytes(b"?")
    (folder / "folder.png").mkdir()
    found = opened(str(folder))
    assert (len(found), found.skipped) == (12, ())


def test_a_loop_of_links_ends(folder: Path, opened: Open) -> None:
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    assert len(opened(str(folder))) == 12


def test_one_bad_file_in_many_is_skipped_and_named(
    folder: Path, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    for i in range(30):
        Image.new("L", (8, 8), i).save(folder / f"more-{i}.png")
    (folder / "empty.png").write_bytes(b"")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    with caplog.at_level(logging.WARNING, logger="acutance"):
        found = opened(str(folder))
    assert len(found) == 42
    assert [bad.name for bad in found.skipped] == ["cut.jpg", "empty.png"]
    assert all(bad.reason for bad in found.skipped)
    assert "skipped empty.png" in caplog.text
    assert opened(str(folder)).skipped == found.skipped, "the cache remembers"
    assert found.split()[0].skipped == found.skipped


def test_more_than_one_in_twenty_bad_is_an_error(folder: Path, opened: Open) -> None:
    (folder / "empty.png").write_bytes(b"")
    with pytest.raises(SourceError, match=r"1 of 13 pictures cannot be read, more than 5 %: empty\.png: .*repair"):
        opened(str(folder))


def test_exactly_one_in_twenty_is_tolerated(folder: Path, opened: Open) -> None:
    for i in range(7):
        Image.new("L", (8, 8), i).save(folder / f"more-{i}.png")
    (folder / "empty.png").write_bytes(b"")
    assert len(opened(str(folder))) == 19


def test_an_empty_folder_is_an_error(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(SourceError, match="there is no picture in the folder"):
        opened(str(tmp_path / "none"))


def test_mixed_sizes_need_a_size(folder: Path, opened: Open) -> None:
    Image.new("L", (10, 6), 7).save(folder / "zebra.png")
    with pytest.raises(SourceError, match=r"apple-0\.png is 8 x 8, zebra\.png is 10 x 6 pixels; give --size"):
        opened(str(folder))
    assert opened(str(folder), size=6).shape == (1, 6, 6)


def test_one_shape_that_is_no_square_is_kept(tmp_path: Path, opened: Open) -> None:
    for i in range(3):
        Image.new("RGB", (10, 6), (i, 0, 0)).save(tmp_path / f"{i}.png")
    assert opened(str(tmp_path)).shape == (3, 6, 10)


@pytest.mark.parametrize("place", ["0first.png", "cloud.png", "zlast.png"])
def test_one_colour_picture_makes_all_colour(folder: Path, opened: Open, place: str) -> None:
    grey = opened(str(folder))
    Image.new("RGB", (8, 8), (10, 20, 30)).save(folder / place)
    found = opened(str(folder))
    assert found.shape == (3, 8, 8)
    where = found.names.index(place)
    assert found.images[where, 3, 3].tolist() == [10, 20, 30]
    others = np.delete(found.images, where, axis=0)
    assert np.array_equal(others, grey.images.repeat(3, axis=3))
    assert opened(str(folder), channels=1).shape == (1, 8, 8)


def test_late_colour_is_right_beyond_one_chunk(folder: Path, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    grey = opened(str(folder))
    Image.new("RGB", (8, 8), (10, 20, 30)).save(folder / "zlast.png")
    monkeypatch.setattr("acutance.data._write._CHUNK", 100)
    assert np.array_equal(opened(str(folder)).images[:12], grey.images.repeat(3, axis=3))


def test_a_zip_is_the_folder_it_was_made_of(folder: Path, opened: Open) -> None:
    (folder / "sub").mkdir()
    Image.new("L", (8, 8), 3).save(folder / "sub" / "x.png")
    one, other = opened(str(folder)), opened(str(zipped(folder)))
    assert one.names == other.names
    assert np.array_equal(one.images, other.images)
    assert one.fingerprint == other.fingerprint


def test_a_damaged_member_is_skipped_a_damaged_archive_is_an_error(folder: Path, opened: Open) -> None:
    for i in range(30):
        Image.new("L", (8, 8), i).save(folder / f"more-{i}.png")
    path = zipped(folder)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("egg-8.png").header_offset
    data[start + 60 : start + 70] = bytes(10)
    path.write_bytes(data)
    assert [bad.name for bad in opened(str(path)).skipped] == ["egg-8.png"]
    path.write_bytes(bytes(data[: len(data) // 2]))
    with pytest.raises(SourceError, match="cannot be read as a zip archive"):
        opened(str(path))


def test_an_encrypted_archive_says_so(folder: Path, opened: Open) -> None:
    path = zipped(folder)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"))
    with pytest.raises(SourceError, match="is encrypted; unpack"):
        opened(str(path))


def test_an_archive_without_pictures_is_an_error(tmp_path: Path, opened: Open) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.txt", "none")
        archive.writestr("__MACOSX/._x.png", "none")
    with pytest.raises(SourceError, match="no picture in the archive"):
        opened(str(tmp_path / "a.zip"))


def test_a_folder_that_may_not_be_read_is_an_error(folder: Path, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "locked").mkdir()
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(SourceError, match=r"a folder cannot be read: .*Permission denied.*right to read it"):
        opened(str(folder))


def test_names_in_an_archive_do_not_lead_out_of_it(tmp_path: Path, opened: Open, folder: Path) -> None:
    data = (folder / "egg-8.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("../../up.png", "/root.png", "a/../../b.png", "win\\dows.png"):
            archive.writestr(name, data)
    assert set(opened(str(tmp_path / "a.zip")).names) == {"up.png", "root.png", "a/b.png", "win/dows.png"}
