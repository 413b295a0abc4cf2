"""sample --prior, and reconstruct --pixels: kept beside the run, said in words, never confused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


def pixels(path: Path) -> np.ndarray[Any, Any]:
    with Image.open(path) as picture:
        return np.asarray(picture).astype(float)


def test_a_prior_is_fitted_kept_and_found_again(call: Callable[[str], Any], house: Path) -> None:
    done = call("sample runs/ae --prior mixture --n 5 --out p0")
    assert done.code == 0, done
    kept = house / "runs" / "ae" / "prior-mixture.safetensors"
    assert kept.is_file()
    assert "prior kept" in done.out
    written = kept.read_bytes()
    assert call("sample runs/ae --prior mixture --n 70 --out p1").code == 0
    assert kept.read_bytes() == written
    for i in range(5):
        assert np.array_equal(pixels(house / "p0" / f"{i:06d}.png"), pixels(house / "p1" / f"{i:06d}.png"))
    assert json.loads((house / "p0" / "made.json").read_text())["prior"] == "mixture"
    kept.unlink()


def test_it_is_fitted_to_other_images_where_these_are_named(call: Callable[[str], Any], house: Path) -> None:
    line = "sample runs/vae --prior mixture --components 1 --data pics --prior-file mine.safetensors --n 2 --out q0"
    assert call(line).code == 0
    assert (house / "mine.safetensors").is_file()
    assert not (house / "runs" / "vae" / "prior-mixture.safetensors").exists()
    done = call("sample runs/vae --prior second_stage --prior-file mine.safetensors --n 2 --out q1")
    assert done.code == 2
    assert "another kind" in done.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sample runs/gan --prior mixture --out r", "has no encoder"),
        ("sample runs/vae --data pics --out r", "--data means a fitted prior"),
        ("sample runs/vae --prior mixture --components 0 --out r", "got 0"),
        ("sample runs/vae --prior flow --out r", "flow"),
        ("sample runs/vae --prior mixture --prior-file pics --out r", "--prior-file pics is a folder"),
        (
            "sample runs/vae --prior mixture --prior-file no/such --out r",
            "--prior-file no/such is a folder, or in none",
        ),
        ("reconstruct runs/vae --data pics --pixels mean --out r", "mean"),
    ],
)
def test_what_cannot_be_is_refused(refused: Callable[[str], str], line: str, said: str) -> None:
    assert said in refused(line)


def test_a_draw_of_the_likelihood_is_noisier_than_what_is_shown_and_says_so(
    call: Callable[[str], Any], house: Path
) -> None:
    shown = call("reconstruct runs/vae --data pics --out shown")
    drawn = call("reconstruct runs/vae --data pics --pixels likelihood --out drawn-pixels")
    assert (shown.code, drawn.code) == (0, 0)
    assert "what the decoder shows" in shown.out
    assert "a random draw of the likelihood" in drawn.out
    name = next((house / "shown").rglob("*.png")).relative_to(house / "shown")
    steps = [np.abs(np.diff(pixels(house / folder / name))).mean() for folder in ("shown", "drawn-pixels")]
    assert steps[1] > 2 * steps[0]
    made = json.loads((house / "drawn-pixels" / "made.json").read_text())
    assert (made["latent"], made["pixels"]) == ("mean", "likelihood")
