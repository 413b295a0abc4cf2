"""train: what it says, what it leaves, how it goes on."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from acutance.data import open_source
from acutance.models import from_pretrained

WORDS = ("ash", "birch", "cedar", "date", "elm", "fig", "gum", "hazel", "ivy", "jute", "kauri", "larch")
TINY = "--images 160 --batch-size 16 --warmup-images 32 --log-images 32 --checkpoint-images 80 --picture-images 0"


def record(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "run.json").read_text())
    return found


def test_it_trains_on_the_training_side_alone(house: Path) -> None:
    images = open_source("pics")
    training, held_out = images.split(0.4)
    assert record(house / "runs" / "vae")["data"]["fingerprint"] == training.fingerprint
    digests = np.load(house / "runs" / "vae" / "training_digests.npy", allow_pickle=False)
    kept = {row.tobytes() for row in digests}
    assert kept == {row.tobytes() for row in training.digests}
    assert not kept & {row.tobytes() for row in held_out.digests}


def test_what_is_said(call: Callable[[str], Any], house: Path) -> None:
    shutil.rmtree(house / "said", ignore_errors=True)
    done = call(f"train vae --data pics --out said {TINY} --widths 16 8 --latents 8 --sigma 0.5 --kl-weight 4")
    assert done.code == 0
    assert re.search(r"pics: \d+ images to train on, \d+ held out, 16 x 16 px, grey", done.err)
    facts = from_pretrained(house / "said").facts()
    assert facts["decoder_sigma"] == pytest.approx(1.0), "0.5 times the root of 4"
    assert f"effective decoder sigma 1 of the pixel range, {facts['decoder_sigma_over_rmse']:.3g} times" in done.out
    assert "acutance compare said --data pics --out said-report" in done.out
    assert "\x1b" not in done.err + done.out, "no colours in a pipe"
    assert "━" not in done.err, "no bar in a pipe"


def test_flags_reach_the_config(house: Path) -> None:
    found = record(house / "runs" / "vae")
    assert found["model"]["config"]["latents"] == 8
    assert found["model"]["config"]["widths"] == [16, 8]
    assert (found["recipe"]["images"], found["recipe"]["batch_size"]) == (160, 16)


def test_names_that_users_of_other_trainers_type(call: Callable[[str], Any]) -> None:
    done = call(
        "train vae --data pics --out none --dry-run --mixed_precision fp32 --lr 0.5 --ema=7 --batch-size 4 --widths 8"
    )
    assert done.code == 0, done
    said = dict(line.split(None, 1) for line in done.out.splitlines() if line.startswith("  --"))
    assert (said["--precision"], said["--learning-rate"], said["--ema-half-life-images"]) == ("fp32", "0.5", "7.0")


def test_a_dry_run_writes_nothing(call: Callable[[str], Any], house: Path) -> None:
    before = {path for path in house.rglob("*") if "cache" not in path.parts}
    done = call(
        "train gan --data pics --out dry/run --dry-run --widths 16 8 --critic-widths 16 8 --batch-size 8 --images 80000"
    )
    assert done.code == 0
    assert {path for path in house.rglob("*") if "cache" not in path.parts} == before
    assert "10,000 steps of 8 images" in done.err
    assert re.search(r"gan: [\d,]+ parameters", done.err)
    assert re.search(r"about [\d.]+ (s|min|h) at [\d,]+ images/s", done.out)


def test_quiet_leaves_the_result_alone(call: Callable[[str], Any], house: Path) -> None:
    shutil.rmtree(house / "quiet", ignore_errors=True)
    done = call(f"train ae --data pics --out quiet {TINY} --widths 16 8 --latents 4 --quiet")
    assert done.code == 0
    assert done.err == ""
    assert "ae trained in" in done.out


def test_resume_needs_no_setting_twice_and_leaves_a_finished_run_as_it_is(
    call: Callable[[str], Any], house: Path
) -> None:
    weights = (house / "runs" / "vae" / "model.safetensors").read_bytes()
    done = call("train vae --data pics --out runs/vae --resume")
    assert done.code == 0
    assert "this run is finished" in done.err
    assert (house / "runs" / "vae" / "model.safetensors").read_bytes() == weights


def test_an_adversarial_decoder_on_a_trained_code(call: Callable[[str], Any], house: Path) -> None:
    shutil.rmtree(house / "crisp", ignore_errors=True)
    done = call(
        f"train adversarial-decoder --of runs/vae --data pics --held-out 0.4 --out crisp {TINY} --critic-widths 16 8"
    )
    assert done.code == 0
    assert "effective decoder sigma" not in done.out, "an adversarial decoder states no likelihood"
    assert record(house / "crisp")["model"]["family"] == "adversarial_decoder"


def test_a_run_and_its_base_can_be_moved_together(call: Callable[[str], Any], house: Path, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    shutil.copytree(house / "runs" / "vae", tmp_path / "old" / "vae")
    preset = f"adversarial_decoder --data pics --held-out 0.4 {TINY} --critic-widths 16 8"
    assert call(f"train {preset} --of {tmp_path}/old/vae --out {tmp_path}/old/crisp").code == 0
    assert record(tmp_path / "old" / "crisp")["model"]["config"]["of"] == os.path.join("..", "vae")
    assert str(tmp_path) not in (tmp_path / "old" / "crisp" / "config.json").read_text()
    (tmp_path / "old").rename(tmp_path / "new")
    done = call(f"train adversarial_decoder --data pics --out {tmp_path}/new/crisp --resume")
    assert done.code == 0, done
    assert "this run is finished" in done.err


def test_large_images_without_a_size_are_a_matter_of_hours_and_said_so(
    call: Callable[[str], Any], house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from acutance.cli import _training

    (house / "large-photos").mkdir()
    rng = np.random.default_rng(0)
    for i in range(12):
        Image.fromarray(rng.integers(0, 256, (72, 72), np.uint8)).save(house / "large-photos" / f"{WORDS[i]}.png")
    monkeypatch.setattr(_training, "_train", lambda *asked: pytest.fail("not to be reached"))
    monkeypatch.setattr(_training, "_caution", _stopping(_training._caution))
    line = "train ae --data large-photos --out never --widths 8 8 --latents 4 --images"
    done = call(f"{line} 900000000")
    assert "no --size was given, and 900,000,000 images of 72 x 72 px will take about" in done.err
    assert "warning" not in call(f"{line} 20").err
    assert "warning" not in call(f"{line} 900000000 --size 72").err


def _stopping(caution: Callable[..., None]) -> Callable[..., None]:
    def stop(*words: Any) -> None:
        caution(*words)
        raise KeyboardInterrupt

    return stop


def read_until(terminal: int, pattern: bytes, seconds: float) -> bytes:
    said, end = b"", time.monotonic() + seconds
    while not re.search(pattern, said) and time.monotonic() < end:
        try:
            said += os.read(terminal, 4096)
        except OSError:
            break
    return said


def test_ctrl_c_saves_and_says_how_to_go_on(call: Callable[[str], Any], house: Path) -> None:
    """On a terminal there is a bar; Ctrl-C ends with 130; the command it names finishes the run."""
    shutil.rmtree(house / "long", ignore_errors=True)
    options = "--widths 16 8 --latents 8 --images 3200000 --batch-size 16 --log-images 32 --picture-images 0"
    words = shlex.split(f"train vae --data pics --held-out 0.3 --out long {options}")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "acutance", *words],
        cwd=house, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "160"},
    )  # fmt: skip
    os.close(theirs)
    said = read_until(ours, rb"[1-9]\d* */ *3,200,000", 240)
    process.send_signal(signal.SIGINT)
    said += read_until(ours, rb"--resume", 120)
    assert process.wait(60) == 130, said.decode(errors="replace")
    os.close(ours)
    text = said.decode(errors="replace")
    assert "images/s" in text, "the bar"
    assert "Traceback" not in text
    assert "acutance train vae --data pics --out long --resume" in text
    before = json.loads((house / "long" / "run.json").read_text())
    assert before["finished"] is False
    done = call("train vae --data pics --out long --resume --dry-run")
    assert "--images                   3200000" in done.out
    assert "--held-out                 0.3" in done.out
