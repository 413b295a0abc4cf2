"""The main job: quickly, that it does all it says; at full length, that it answers the question."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import diagnoses
import pytest
import torch

from acutance import demo
from acutance.demo import run_demo
from acutance.diagnose import Diagnosis
from acutance.models import from_pretrained
from acutance.models._frozen_code import FrozenCode
from acutance.train import Interrupted

NAMES = ["VAE", "Same code, adversarial decoder", "GAN"]


def subjects(folder: Path) -> dict[str, Any]:
    document = json.loads((folder / "comparison.json").read_text())
    return {subject["subject"]["name"]: subject for subject in document["subjects"]}


def diagnosed(model: Any, images: Any, *, name: str, cache: Path, progress: Any, **asked: Any) -> Diagnosis:
    """In place of a diagnosis, which takes its time."""
    progress("measuring", 0.5)
    assert len(images) + len(asked["fit_images"]) == 7296
    made = diagnoses.diagnosis()
    return dataclasses.replace(made, subject=dataclasses.replace(made.subject, name=name))


def test_a_short_demo_leaves_a_page_and_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "diagnose", diagnosed)
    out = tmp_path / "demo"
    run_demo(out, scale=0.002)
    first = subjects(out)
    assert list(first) == NAMES
    page = (out / "report.html").read_text()
    assert "Change this first" in page, "the page ends with the diagnosis of the VAE"
    assert [len(one["locations"]) for one in first.values()] == [5, 0, 0]
    assert (out / "detail-map.svg").read_text().startswith("<svg")
    assert [len(first["VAE"]["bands"][kind]) for kind in ("sample", "mean", "prior")] == [4, 4, 4]
    assert [len(first["GAN"]["bands"][kind]) for kind in ("sample", "mean", "prior")] == [0, 0, 4]
    base, crisp = from_pretrained(out / "vae"), from_pretrained(out / "adversarial_decoder")
    assert isinstance(crisp, FrozenCode)
    frozen = crisp.base.state_dict()
    assert all(torch.equal(value, frozen[name]) for name, value in base.state_dict().items())
    trained = {file: file.stat().st_mtime_ns for file in out.glob("*/model.safetensors")}
    run_demo(out, scale=0.002)
    assert {file: file.stat().st_mtime_ns for file in trained} == trained, "nothing is trained twice"
    assert subjects(out) == first


def test_ctrl_c_during_the_diagnosis_says_that_all_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*words: Any, **asked: Any) -> Diagnosis:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "diagnose", stopped)
    with pytest.raises(Interrupted, match="the same command goes on"):
        run_demo(tmp_path / "demo", scale=0.0005)


BESIDE = """
import os, signal, sys, time
from pathlib import Path
import torch
from acutance import demo
from acutance.train import Interrupted

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a process in the background does not have
    os.sched_getaffinity, os.cpu_count = lambda pid: {0, 1}, lambda: 2
    torch.set_num_threads(1)
    try:
        with demo._beside(demo._PARTS[-1], Path(sys.argv[1]), 0, 1.0, lambda words: None):
            print("started", flush=True)
            time.sleep(300)
    except Interrupted as stop:
        print(stop)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
@pytest.mark.parametrize("step", [0, 1])
def test_ctrl_c_in_a_terminal_stops_the_process_beside_once_and_what_it_did_is_saved(tmp_path: Path, step: int) -> None:
    """It comes to both processes: before the training of the one beside has begun, and amid it."""
    (tmp_path / "beside.py").write_text(BESIDE)
    command = [sys.executable, str(tmp_path / "beside.py"), str(tmp_path / "demo")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    with subprocess.Popen(command, start_new_session=True, **pipes) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "started\n"
            log = tmp_path / "demo" / "gan" / "log.jsonl"
            while step and not (log.exists() and log.read_text()):
                assert running.poll() is None
                time.sleep(0.05)
            os.killpg(running.pid, signal.SIGINT)
            said, errors = running.communicate(timeout=120)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
    assert "everything is saved" in said
    assert "Traceback" not in errors
    kept = {path.name for path in (tmp_path / "demo" / "gan").iterdir()}
    assert "checkpoint.safetensors" in kept
    assert "model.safetensors" not in kept


@pytest.mark.slow
def test_the_demo_answers_the_question(tmp_path: Path) -> None:
    """At full length, on held-out icons; minutes on two free cores."""
    torch.set_num_threads(2)
    start = time.perf_counter()
    run_demo(tmp_path)
    print(f"{time.perf_counter() - start:.0f} s")
    found = subjects(tmp_path)
    vae, crisp = (found[name]["bands"]["sample"] for name in NAMES[:2])
    for band in vae:
        assert band["coherence"] <= 0.2 or abs(band["averaging_slope"] - 1) <= 0.1, "the VAE averages"
    assert vae[-1]["detail_ratio"] < 0.75
    assert crisp[-1]["detail_ratio"] >= max(0.8, vae[-1]["detail_ratio"] + 0.2)
    assert crisp[-1]["coherence"] >= vae[-1]["coherence"] - 0.05
    shares = [one["share"] for one in found["VAE"]["locations"]]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    assert found["VAE"]["answer"]
    assert 0.6 <= found["GAN"]["bands"]["prior"][-1]["detail_ratio"] <= 1.5
