"""`kill -9` at any moment, in the middle of a checkpoint too: the run goes on and ends bit for bit as it would have."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from small_models import differing

WORKER = Path(__file__).with_name("killed_worker.py")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork")


@pytest.fixture(scope="module", params=["gan", pytest.param("vae", marks=pytest.mark.slow)])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was killed many times, in "parts", and the same in one go, in "whole"."""
    target = tmp_path_factory.mktemp("killed")
    for name in ("parts", "whole"):
        (target / name).mkdir()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(WORKER), str(target), request.param]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=500)
    assert done.returncode == 0, done.stderr[-4000:]
    return target


def story(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "story.json").read_text())
    return told


def test_it_was_killed_at_several_places_and_in_the_middle_of_writes(folder: Path) -> None:
    killed = [attempt for attempt in story(folder)["attempts"] if attempt.get("ended_by") == signal.SIGKILL]
    assert len(killed) >= 4
    assert len({attempt["lines"] for attempt in killed}) >= 3
    assert any(attempt["torn"] for attempt in killed)
    assert not (folder / "parts" / "failed.txt").exists()


def test_an_interrupt_saved_and_said_how_to_go_on(folder: Path) -> None:
    last = story(folder)["attempts"][-1]
    assert last["over"] or last["ended_by"] == -3
    if not last["over"]:
        said = (folder / "parts" / "said.txt").read_text()
        assert "of 480 images; everything is saved in" in said
        assert "go on with --resume" in said


def test_the_model_is_bit_for_bit_that_of_the_unbroken_run(folder: Path) -> None:
    assert story(folder)["status"] == 0
    parts, whole = (folder / name / "model.safetensors" for name in ("parts", "whole"))
    assert parts.read_bytes() == whole.read_bytes()
    assert (folder / "parts" / "config.json").read_bytes() == (folder / "whole" / "config.json").read_bytes()


def test_so_are_live_weights_and_moments(folder: Path) -> None:
    parts, whole = (load_file(folder / name / "checkpoint.safetensors") for name in ("parts", "whole"))
    assert not differing(parts, whole)


def test_the_log_is_that_of_the_unbroken_run(folder: Path) -> None:
    parts, whole = (
        [json.loads(line) for line in (folder / name / "log.jsonl").read_text().splitlines()]
        for name in ("parts", "whole")
    )
    seconds = [line.pop("seconds") for line in parts]
    assert seconds == sorted(seconds)
    for line in whole:
        line.pop("seconds")
    assert parts == whole
    assert [line["step"] for line in whole] == list(range(1, 61))


def test_nothing_is_left_lying_about(folder: Path) -> None:
    weights = {"checkpoint.safetensors", "model.safetensors"}
    kept = {*weights, "config.json", "log.jsonl", "run.json", "tensorboard", "training_digests.npy"}
    assert {file.name for file in (folder / "parts").iterdir()} - {"said.txt"} == kept
