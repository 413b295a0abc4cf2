"""The cache: decode once, never half, whoever else is at it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from acutance.data import ImageSet, open_source
from acutance.data import _write as writing
from acutance.data._store import default_cache
from acutance.errors import SourceError

Open = Callable[..., ImageSet]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is really decoded."""
    names: list[str] = []
    real = writing._append

    def spy(pixels: object, written: object, item: object, picture: object) -> None:
        names.append(item.name)  # type: ignore[attr-defined]
        real(pixels, written, item, picture)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "_append", spy)
    return names


def entries(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir())


def test_the_second_time_nothing_is_decoded(folder: Path, opened: Open, decoded: list[str]) -> None:
    first = opened(str(folder))
    assert len(decoded) == 12
    second = opened(str(folder))
    assert len(decoded) == 12
    assert second.fingerprint == first.fingerprint
    assert isinstance(second.images, np.memmap)
    assert not second.images.flags.writeable


def test_every_change_is_noticed(folder: Path, opened: Open, decoded: list[str]) -> None:
    prints = {opened(str(folder)).fingerprint}
    Image.new("L", (8, 8), 77).save(folder / "egg-8.png")
    prints.add(opened(str(folder)).fingerprint)
    (folder / "egg-9.png").rename(folder / "egg-10.png")
    prints.add(opened(str(folder)).fingerprint)
    (folder / "egg-10.png").unlink()
    prints.add(opened(str(folder)).fingerprint)
    prints.add(opened(str(folder), size=4).fingerprint)
    prints.add(opened(str(folder), channels=3).fingerprint)
    assert len(prints) == 6
    assert len(decoded) == 12 + 12 + 12 + 11 + 11 + 11


def test_a_file_changed_within_its_size_is_noticed_by_its_time(folder: Path, opened: Open) -> None:
    path = folder / "egg-8.bmp"
    Image.new("L", (8, 8), 1).save(path)
    before = opened(str(folder)).fingerprint
    Image.new("L", (8, 8), 2).save(path)
    os.utime(path, ns=(1, 1))
    assert opened(str(folder)).fingerprint != before


def test_a_failure_leaves_nothing(folder: Path, opened: Open, tmp_path: Path) -> None:
    Image.new("L", (10, 6), 7).save(folder / "zebra.png")
    with pytest.raises(SourceError):
        opened(str(folder))
    assert entries(tmp_path / "cache") == []


def test_ctrl_c_leaves_nothing(folder: Path, opened: Open, tmp_path: Path) -> None:
    def interrupt(done: int, total: int | None) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened(str(folder), progress=interrupt)
    assert entries(tmp_path / "cache") == []


SLOW = """
import sys, time
from pathlib import Path
from acutance.data import open_source
def slowly(done, total):
    print(done, flush=True)
    time.sleep(0.05)
open_source(sys.argv[1], cache=Path(sys.argv[2]), progress=slowly)
"""


def test_killed_in_the_middle_there_is_no_half_entry(
    folder: Path, opened: Open, tmp_path: Path, decoded: list[str]
) -> None:
    command = [sys.executable, "-c", SLOW, str(folder), str(tmp_path / "cache")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline().strip() != "4":
            pass
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    left = entries(tmp_path / "cache")
    assert [name.startswith(".building-") for name in left] == [True]
    assert len(opened(str(folder))) == 12
    assert len(decoded) == 12
    old = time.time() - 2 * 24 * 3600
    os.utime(tmp_path / "cache" / left[0], (old, old))
    opened(str(folder), size=4)
    assert left[0] not in entries(tmp_path / "cache"), "swept away a day later"


def _open_and_report(source: str, cache: str, barrier: object, out: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    out.put(open_source(source, cache=Path(cache)).fingerprint)  # type: ignore[attr-defined]


def test_processes_at_once_agree(folder: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    barrier, out = context.Barrier(4), context.Queue()
    arguments = (str(folder), str(tmp_path / "cache"), barrier, out)
    processes = [context.Process(target=_open_and_report, args=arguments) for _ in range(4)]
    for process in processes:
        process.start()
    prints = {out.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
    assert len(prints) == 1
    assert [process.exitcode for process in processes] == [0] * 4
    assert [name.startswith("folder-") for name in entries(tmp_path / "cache")] == [True]


@pytest.mark.parametrize("damage", ["index.json", "pixels.u8", "digests.u8"])
@pytest.mark.parametrize("how", ["cut", "gone"])
def test_a_damaged_entry_is_made_again(folder: Path, opened: Open, tmp_path: Path, damage: str, how: str) -> None:
    whole = np.array(opened(str(folder)).images)
    (entry,) = (tmp_path / "cache").iterdir()
    if how == "gone":
        (entry / damage).unlink()
    else:
        (entry / damage).write_bytes((entry / damage).read_bytes()[:-5])
    assert np.array_equal(opened(str(folder)).images, whole)
    assert len(entries(tmp_path / "cache")) == 1


def test_a_cache_that_cannot_be_written_is_the_users_to_mend(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SourceError, match=r"cannot be stored in .*ACUTANCE_CACHE"):
        open_source(str(folder), cache=tmp_path / "file")


def test_the_cache_lies_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ACUTANCE_CACHE", str(tmp_path / "here"))
    assert default_cache() == tmp_path / "here"
    monkeypatch.delenv("ACUTANCE_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache() == tmp_path / ".cache" / "acutance"


def test_progress_counts_every_picture(folder: Path, opened: Open) -> None:
    seen: list[tuple[int, int | None]] = []
    opened(str(folder), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i, 12) for i in range(1, 13)]


PEAKS = """
import sys, tracemalloc
from pathlib import Path
from acutance.data import open_source
cache, few, many = map(Path, sys.argv[1:])
for turn, path in enumerate((few, few, many)):  # the first turn imports what decoding needs
    tracemalloc.start()
    assert len(open_source(str(path), cache=cache / str(turn))) == int(path.stem)
    print(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
"""


@pytest.mark.parametrize("kind", ["npz", "npy", "zip"])
def test_memory_does_not_grow_with_the_number_of_images(tmp_path: Path, kind: str) -> None:
    """In a process of its own: what threads of other tests allocate would count."""
    paths = [tmp_path / f"{n}.{kind}" for n in (8, 128)]
    for n, path in zip((8, 128), paths, strict=True):
        pixels = np.broadcast_to(np.arange(n, dtype=np.uint8)[:, None, None, None], (n, 256, 256, 3))
        if kind == "zip":
            with zipfile.ZipFile(path, "w") as archive:
                for i in range(n):
                    with archive.open(f"{i}.bmp", "w") as stream:
                        Image.fromarray(pixels[i]).save(stream, "BMP")
        else:
            (np.save if kind == "npy" else np.savez)(path, pixels)
    words = [sys.executable, "-c", PEAKS, str(tmp_path / "cache"), *map(str, paths)]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    _, few, many = map(int, told.split())
    assert many - few < 500_000, "bytes, of 24 million that are decoded more"
