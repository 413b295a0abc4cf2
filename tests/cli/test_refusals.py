"""What is wrong is said once, in words, with exit code 2."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from acutance.cli._exit import guarded
from acutance.errors import NonFiniteLoss

Refused = Callable[[str], str]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("smaple x", "did you mean 'sample'?", id="command"),
        pytest.param("train", "the preset comes first, got nothing", id="no-preset"),
        pytest.param("train --data pics", "the preset comes first, got '--data'", id="preset-late"),
        pytest.param("train vea --data pics --out new", "did you mean 'vae'?", id="preset"),
        pytest.param("train vae", "--out and --data must be given", id="required"),
        pytest.param("train vae --data pics --out new --latent 3", "did you mean --latents?", id="flag"),
        pytest.param("train vae --data pics --out new --latents x", "--latents: a whole number is needed", id="int"),
        pytest.param("train vae --data pics --out new --kl-weight x", "--kl-weight: a number is needed", id="float"),
        pytest.param("train vae --data pics --out new --sigma wide", "got 'wide'", id="union"),
        pytest.param("train vae --data pics --out new --seed 1 --seed 2", "--seed is given twice", id="twice"),
        pytest.param("train vae --data pics --out new --lr 1 --learning-rate 2", "is given twice", id="twice-by-alias"),
        pytest.param("train vae --data pics --out new --mixed-precision fp8", "'bf16'", id="precision"),
        pytest.param("train vae --data pics --out new --images 0", "images must be at least 1", id="recipe"),
        pytest.param("train vae --data pics --out new --held-out 1", "held-out share", id="share"),
        pytest.param("train vae --data nowhere --out new", "no source 'nowhere'", id="source"),
        pytest.param("train vae --data builtin:icon --out new", "did you mean 'builtin:icons'?", id="builtin"),
        pytest.param("train vae --data pics --out new --widths 8 8 8 8 8 8", "16", id="shape"),
        pytest.param("train vae --data pics --out new --threads 0", "--threads", id="threads"),
        pytest.param("train adversarial_decoder --data pics --out new", "--of", id="no-base"),
        pytest.param("train vae --data pics --out runs/vae", "already holds a run", id="run-exists"),
        pytest.param("train vae --data pics --out pics", "files in it that are no run", id="other-folder"),
        pytest.param("train vae --data pics --out pics/a/ash0.png", "is a file", id="out-is-file"),
        pytest.param("train vae --data pics --out runs/vae --resume --latents 3", "was 8, now 3", id="resume-other"),
        pytest.param("train gan --data pics --out runs/vae --resume", "holds a run of vae", id="resume-family"),
        pytest.param("sample --out new", "SUBJECT must be given", id="no-subject"),
        pytest.param("sample runs/vae more --out new", "words too many: more", id="too-many-words"),
        pytest.param("sample nothing --out new", "no folder 'nothing'", id="subject"),
        pytest.param("sample pics --out new", "no config.json", id="subject-no-model"),
        pytest.param("sample onnx:x.onnx --out new", "there is no file 'x.onnx'", id="subject-kind"),
        pytest.param("sample runs/vae --out new --n 0", "--n is how many", id="none"),
        pytest.param("sample runs/vae --out new --seed x", "--seed: a whole number from 0 up is needed", id="seed"),
        pytest.param("sample runs/ae --out new", "no prior", id="no-prior"),
        pytest.param("sample runs/vae --out pics", "has files in it", id="out-taken"),
        pytest.param("reconstruct runs/gan --data pics --out new", "no encoder", id="no-encoder"),
        pytest.param("reconstruct runs/vae --data pics --out new --latent mode", "mean", id="latent"),
        pytest.param("reconstruct runs/vae --data pics --size 8 --out new", "works on images of 16 x 16", id="size"),
        pytest.param("interpolate runs/vae --data pics --out new --steps 1", "--steps 2 or more", id="steps"),
        pytest.param("interpolate runs/vae --data pics --out new --pairs 31", "62 images", id="pairs"),
        pytest.param("measure", "--real SOURCE and --fake SOURCE", id="nothing"),
        pytest.param("measure pics blurred", "--pairs pics blurred for originals", id="two-folders"),
        pytest.param("measure pics", "--real pics --fake SAMPLES", id="one-folder"),
        pytest.param("measure --real pics --fake pics --json", "--json: a value is needed", id="no-value"),
        pytest.param("measure --real pics", "--real SOURCE and --fake SOURCE", id="half"),
        pytest.param("measure --real pics --fake pics --pairs pics pics", "--pairs", id="both"),
        pytest.param("measure --pairs pics", "--pairs SOURCE SOURCE is needed, got 'pics'", id="one-of-two"),
        pytest.param("measure --real pics --fake pics --k 0", "from 1 up", id="k"),
        pytest.param("measure --real pics --fake pics --k 3 x", "--k K ... is needed, got '3', 'x'", id="k-word"),
        pytest.param("measure --pairs pics pics --k 3", "--k and --modes are for samples", id="pairs-k"),
        pytest.param("measure --pairs pics pics/a", "no partner", id="lonely"),
        pytest.param("measure --real pics --fake pics --json pics", "is a folder", id="json-folder"),
        pytest.param("measure --real pics --fake pics --json pics/a/ash0.png/x", "ash0.png", id="json-below-a-file"),
        pytest.param("measure --real pics --fake nowhere --json new", "no source 'nowhere'", id="no-fake"),
        pytest.param("measure --real pics --fake pics --features tim:x --json new", "'timm'", id="features"),
        pytest.param("measure --real pics --fake pics --features squeezenet:8 --json new", "32 px", id="features-size"),
        pytest.param("measure --real pics/a --fake pics --modes 2 --json new", "has none", id="no-labels"),
        pytest.param(
            "measure --real builtin:glyphs --fake builtin:glyphs --modes 0 --json new", "1 or more", id="hits"
        ),
        pytest.param("measure --real pics --fake pics --effort most --json new", "'full'", id="measure-effort"),
        pytest.param("measure --pairs pics pics --modes 2 --json new", "--modes are for samples", id="pairs-modes"),
        pytest.param("compare --data pics --out new", "at least one model", id="no-subjects"),
        pytest.param("compare runs/vae runs/vae --data pics --out new", "once", id="subject-twice"),
        pytest.param("compare runs/vae --data pics --out runs", "has files in it", id="compare-out"),
        pytest.param("diagnose --data pics --out new", "SUBJECT must be given", id="diagnose-nothing"),
        pytest.param("diagnose runs/vae --out new", "--data must be given", id="diagnose-no-data"),
        pytest.param("diagnose nothing --data pics --out new", "no folder 'nothing'", id="diagnose-subject"),
        pytest.param("diagnose runs/vae --data pics --out new --effort slow", "'fast'", id="effort"),
        pytest.param("diagnose runs/vae --data pics --out new --images 3", "16 or more; got 3", id="few-images"),
        pytest.param("diagnose runs/vae --data pics --out pics", "has files in it", id="diagnose-out"),
        pytest.param("diagnose runs/vae --data pics --size 8 --out new", "16 x 16", id="diagnose-size"),
        pytest.param("demo --scale 0", "--scale", id="scale"),
        pytest.param("demo --out pics", "no demo", id="demo-out"),
    ],
)
def test_refused(refused: Refused, house: Path, line: str, says: str) -> None:
    assert says in refused(line)
    assert not (house / "new").exists(), "nothing is begun that is refused"


@pytest.mark.parametrize(
    "line",
    [
        "demo",
        "train vae --data pics",
        "reconstruct runs/vae --data pics",
        "translate runs/vae --data pics",
        "sample runs/vae",
        "diagnose runs/vae --data pics",
        "compare runs/vae --data pics",
        "push runs/vae --data pics",
    ],
)
def test_a_seed_below_0_is_refused_by_every_command(refused: Refused, house: Path, line: str) -> None:
    assert "--seed: a whole number from 0 up is needed, got -1" in refused(f"{line} --out below --seed -1")
    assert not (house / "below").exists()


def test_an_empty_folder(refused: Refused, house: Path) -> None:
    (house / "empty").mkdir(exist_ok=True)
    assert "no picture" in refused("train vae --data empty --out new")


def test_mixed_sizes_need_a_size(refused: Refused, house: Path) -> None:
    for side in (16, 24, 32):
        (house / "mixed").mkdir(exist_ok=True)
        Image.new("L", (side, side), side).save(house / "mixed" / f"{side}.png")
    assert "--size" in refused("train vae --data mixed --out new")


def test_real_and_fake_of_two_sizes(refused: Refused, house: Path) -> None:
    (house / "large").mkdir(exist_ok=True)
    Image.new("L", (24, 24)).save(house / "large" / "x.png")
    assert "--size" in refused("measure --real pics --fake large")


def one_picture(path: Path, side: int = 16, value: int = 90) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (side, side), value).save(path)


def test_what_measure_cannot_work_on(refused: Refused, house: Path) -> None:
    """One message that says what to do, and no file."""
    (house / "void").mkdir()
    assert "no picture" in refused("measure --real pics --fake void --json new")
    (house / "unreadable").mkdir()
    (house / "unreadable" / "a.png").write_bytes(b"no picture")
    assert "a.png" in refused("measure --real pics --fake unreadable --json new")
    for i in range(4):
        one_picture(house / "four" / f"{i}.png", value=40 * i)
    assert "at least" in refused("measure --real pics --fake four --json new")
    for name in ("twin/a.png", "twin/a.bmp", "lone/a.png"):
        one_picture(house / name)
    assert "several images called a" in refused("measure --pairs twin lone --json new")
    one_picture(house / "wide" / "a.png", side=24)
    assert "one shape" in refused("measure --pairs lone wide --json new")
    one_picture(house / "more" / "a.png")
    one_picture(house / "more" / "b.png")
    assert "no partner" in refused("measure --pairs lone more --json new")
    assert not (house / "new").exists()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param(np.full((9, 16, 16), 1.5), "1.5", id="above"),
        pytest.param(np.full((9, 16, 16), -1.0), "-1", id="below"),
        pytest.param(np.full((9, 16, 16), np.nan), "NaN", id="nan"),
        pytest.param(np.zeros((9, 16, 16), np.int64), "int64", id="type"),
        pytest.param(np.zeros((16, 16), np.uint8), "(16, 16)", id="axes"),
    ],
)
def test_arrays_that_are_no_images(refused: Refused, house: Path, values: np.ndarray[Any, Any], says: str) -> None:
    np.save(house / "odd.npy", values)
    assert says in refused("measure --real pics --fake odd.npy --json new")
    assert not (house / "new").exists()


def test_a_run_that_is_not_finished(refused: Refused, house: Path) -> None:
    (house / "half").mkdir(exist_ok=True)
    (house / "half" / "run.json").write_text((house / "runs" / "vae" / "run.json").read_text())
    assert "not finished" in refused("sample half --out new")
    assert "not finished" in refused("train refit_decoder --of half --data pics --out new")


@pytest.mark.parametrize(
    "foreign",
    [
        {"schema": "acutance.run/1", "model": {"family": "vae", "config": {}}, "recipe": {"epochs": 3}, "seed": 0},
        {"schema": "acutance.run/1", "model": "vae", "recipe": {}, "seed": 0},
        {"schema": "acutance.run/1"},
    ],
)
def test_a_record_of_something_else_cannot_be_resumed(refused: Refused, house: Path, foreign: dict[str, Any]) -> None:
    (house / "foreign").mkdir(exist_ok=True)
    (house / "foreign" / "run.json").write_text(json.dumps(foreign))
    message = refused("train vae --data pics --out foreign --resume")
    assert "foreign/run.json was written by another version of acutance, or by something else" in message
    assert "choose another folder" in message


def ends(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    def work() -> None:
        raise error

    code = guarded(work, ["train"])
    return code, capsys.readouterr().err


def test_a_fault_of_ours_shows_where_and_asks_for_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = ends(KeyError("x"), capsys)
    assert code == 1
    assert "Traceback" in said
    assert "please report" in said


def test_training_that_cannot_go_on_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(NonFiniteLoss("step 3"), capsys) == (1, "acutance train: step 3\n")


def test_a_full_disk_is_the_users_to_put_right(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = ends(OSError(errno.ENOSPC, "No space left on device", "/x"), capsys)
    assert code == 2
    assert "No space left on device: /x" in said
    assert "Traceback" not in said


def test_a_missing_file_of_ours_is_our_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(FileNotFoundError(errno.ENOENT, "No such file", "x"), capsys)[0] == 1


def test_ctrl_c(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(KeyboardInterrupt(), capsys) == (130, "\nacutance train: stopped\n")


def test_a_foreign_subject_in_the_wrong_range_is_one_message(call: Callable[[str], Any], house: Path) -> None:
    (house / "signed_model.py").write_text(
        "import torch\n"
        "class Signed:\n"
        "    def generate(self, n, generator): return 2 * torch.rand(n, 1, 16, 16, generator=generator) - 1\n"
        "signed = Signed()\n"
    )
    for subject, says in (
        ("python:signed_model:signd", "did you mean 'signed'"),
        ("python:signed_model:signed", "set value_range = (-1, 1) on the object"),
    ):
        done = call(f"compare {subject} --data pics --out refused")
        assert (done.code, "Traceback" in done.err) == (2, False), done.err
        assert says in " ".join(done.err.split())
    assert not (house / "refused").exists()


def test_a_terminal_without_boxes_gets_the_same_words(house: Path) -> None:
    words = [sys.executable, "-m", "acutance.measure", "--real", "pics", "--fake", "pics", "--size", "x"]
    done = subprocess.run(words, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        "acutance measure: --size PIXELS is needed, got 'x'; 'acutance measure --help' lists the options\n"
    )
