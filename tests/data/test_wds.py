"""Shards written by the real webdataset library."""

from __future__ import annotations

import io
import tarfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from acutance.data import ImageSet
from acutance.data.sources.wds import expand_braces
from acutance.errors import SourceError

with warnings.catch_warnings():  # what other libraries warn about on import is theirs
    warnings.simplefilter("ignore")
    webdataset = pytest.importorskip("webdataset")

Open = Callable[..., ImageSet]
PIXELS = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), np.uint8)


def write(path: Path, rows: range, bad: tuple[int, ...] = ()) -> None:
    with webdataset.TarWriter(str(path)) as sink:
        for i in rows:
            picture = {"txt": "broken"} if i in bad else {"png": Image.fromarray(PIXELS[i % 12])}
            sink.write({"__key__": f"part/{i:04d}", "json": {"i": i}, "cls": i % 3, **picture})


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    for k in range(3):
        write(tmp_path / f"train-{k:03d}.tar", range(4 * k, 4 * k + 4))
    return tmp_path


@pytest.mark.parametrize("pattern", ["train-*.tar", "train-{000..002}.tar", "train-00[0-2].tar", "{train,test}-*.tar"])
def test_shards_are_read_in_order(shards: Path, opened: Open, pattern: str) -> None:
    found = opened(f"wds:{shards / pattern}")
    assert np.array_equal(found.images, PIXELS)
    assert found.names[:2] == ("part/0000.png", "part/0001.png")
    assert found.labels is not None
    assert found.labels[:4] == ("0", "1", "2", "0")


def test_one_shard_and_one_compressed(shards: Path, opened: Open) -> None:
    write(shards / "z.tar.gz", range(5))
    assert len(opened(f"wds:{shards / 'train-001.tar'}")) == 4
    assert len(opened(f"wds:{shards / 'z.tar.gz'}")) == 5


def test_shard_by_shard_keys_may_repeat(shards: Path, opened: Open) -> None:
    write(shards / "train-003.tar", range(4))
    found = opened(f"wds:{shards}/train-*.tar")
    assert found.names[12] == "train-003.tar/part/0000.png"
    train, held_out = found.split(0.4)
    assert not {d.tobytes() for d in train.digests} & {d.tobytes() for d in held_out.digests}


def test_a_sample_without_a_picture_is_skipped(tmp_path: Path, opened: Open) -> None:
    write(tmp_path / "a.tar", range(24), bad=(7,))
    found = opened(f"wds:{tmp_path / 'a.tar'}")
    assert len(found) == 23
    assert [str(bad) for bad in found.skipped] == ["part/0007.png: no picture among its members: cls, json, txt"]


def test_a_cut_shard_is_an_error(shards: Path, opened: Open) -> None:
    path = shards / "train-001.tar"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(SourceError, match=r"train-001\.tar is damaged"):
        opened(f"wds:{shards}/train-*.tar")


def test_something_else_is_no_shard(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "a.tar").write_bytes(b"something else" * 100)
    with pytest.raises(SourceError, match="is damaged"):
        opened(f"wds:{tmp_path}/a.tar")


def test_no_shard_is_an_error(tmp_path: Path, opened: Open) -> None:
    with pytest.raises(SourceError, match="no shard matches"):
        opened(f"wds:{tmp_path}/*.tar")


def test_a_tar_file_without_the_prefix_is_explained(shards: Path, opened: Open) -> None:
    with pytest.raises(SourceError, match="opened by 'wds:"):
        opened(str(shards / "train-000.tar"))


def test_odd_members_do_no_harm(tmp_path: Path, opened: Open) -> None:
    stream = io.BytesIO()
    Image.fromarray(PIXELS[0]).save(stream, "PNG")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("../../up.png", "/root.png", ".hidden.png", "plain.png", "two.input.png"):
            member = tarfile.TarInfo(name)
            member.size = len(stream.getvalue())
            archive.addfile(member, io.BytesIO(stream.getvalue()))
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    found = opened(f"wds:{tmp_path / 'a.tar'}")
    assert found.names == ("up.png", "root.png", "plain.png", "two.png"), "no name leads out of a folder"


def test_braces() -> None:
    assert expand_braces("a{1,2}b{x..y}") == ["a1bx..y", "a2bx..y"]
    assert expand_braces("{0..2}{a,b}") == ["0a", "0b", "1a", "1b", "2a", "2b"]
    assert expand_braces("plain") == ["plain"]
