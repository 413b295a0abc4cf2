"""When others keep the cores busy, the user is told before threads get in one another's way."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from acutance.cli import _cores, _terminal
from acutance.cli._cores import Cores


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own count is read")
def test_what_others_do_is_counted_and_what_we_do_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([(10.0, 100.0, 3.0), (12.0, 104.0, 4.5)])  # two seconds: four of all processors, 1.5 of them ours
    monkeypatch.setattr(Cores, "_now", staticmethod(lambda: next(now)))
    monkeypatch.setattr(time, "monotonic", lambda: 12.0)
    assert Cores().taken() == pytest.approx(1.25)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own count is read")
def test_the_kernel_is_understood() -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        cores = Cores()
        time.sleep(0.5)
        assert cores.taken() > 0.1
    finally:
        busy.kill()
        busy.wait()


def test_elsewhere_the_load_average_stands_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_cores, "_STAT", tmp_path / "none")
    monkeypatch.setattr(_cores.os, "getloadavg", lambda: (1.5, 0.0, 0.0))
    assert Cores().taken() == 1.5


def test_where_nobody_says_no_core_counts_as_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def unknown() -> tuple[float, float, float]:
        raise OSError("no load average")

    monkeypatch.setattr(_cores, "_STAT", tmp_path / "none")
    monkeypatch.setattr(_cores.os, "getloadavg", unknown)
    assert Cores().taken() == 0.0
    monkeypatch.delattr(_cores.os, "getloadavg")  # as on Windows
    assert Cores().taken() == 0.0


@pytest.mark.parametrize(("taken", "threads", "told"), [(1.0, 2, True), (0.2, 2, False), (2.0, 1, False)])
def test_told_once_and_only_where_threads_would_wait(
    taken: float,
    threads: int,
    told: bool,
    call: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Cores, "taken", lambda self: taken)
    monkeypatch.setattr(_terminal.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    done = call(f"sample runs/vae --n 1 --out cores-{taken}-{threads}")
    assert done.code == 0
    assert done.err.count("warning") == told
    if told:
        assert "others keep 1.0 of the 2 cores busy" in done.err
        assert "--threads 1 may be faster" in done.err
