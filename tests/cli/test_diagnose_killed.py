"""A diagnosis that is killed in the middle: the same command goes on, and the bytes are those of an unbroken one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from small_models import blobs

OUT = "killed"
COMMAND = [sys.executable, "-m", "acutance", "diagnose", "runs/vae", "--data", "many.npy", "--out", OUT, "--quiet"]


def begun(house: Path, effort: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, "--effort", effort], cwd=house, env={**os.environ, "OMP_NUM_THREADS": "1"})


def done(house: Path, effort: str) -> bytes:
    """The JSON of a run to its end."""
    assert begun(house, effort).wait(300) == 0
    return (house / OUT / "diagnosis.json").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(("effort", "until"), [("fast", "best_point"), ("full", "best_posterior")])
def test_kill_9_in_the_middle_loses_the_step_in_hand_alone(house: Path, effort: str, until: str) -> None:
    np.save(house / "many.npy", blobs(200))
    unbroken = done(house, effort)
    (house / OUT).rename(house / f"unbroken-{effort}")
    working = begun(house, effort)
    while not (found := list((house / OUT / "cache").glob(f"*/{until}.safetensors"))):
        assert working.poll() is None, "it ended before it was killed"
        time.sleep(0.01)
    os.kill(working.pid, signal.SIGKILL)
    assert working.wait(60) == -signal.SIGKILL
    assert not (house / OUT / "diagnosis.json").exists()
    made = found[0].stat().st_mtime_ns
    assert done(house, effort) == unbroken
    assert found[0].stat().st_mtime_ns == made, "what was found before was found anew"
    kept = sorted(path.name for path in (house / OUT / "cache").rglob("*.safetensors"))
    assert ("refit.safetensors" in kept) == (effort == "full")
    (house / OUT).rename(house / f"killed-{effort}")
