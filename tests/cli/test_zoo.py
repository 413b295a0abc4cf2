"""The zoo on the command line, and the command that made a run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acutance.cli._made_by import training_command


def test_the_zoo_is_listed(call: Callable[[str], Any]) -> None:
    done = call("zoo")
    assert done.code == 0
    for words in ("zoo:icons-gan", "spatial_vae", "32 x 32 px, grey", "README.md"):
        assert words in done.out


def test_a_model_of_the_zoo_draws_at_once(call: Callable[[str], Any], house: Path) -> None:
    assert call("sample zoo:icons-gan --n 3 --out zoo-samples").code == 0
    assert len([*(house / "zoo-samples").glob("0*.png")]) == 3


def test_a_name_that_is_not_in_the_zoo(refused: Callable[[str], str]) -> None:
    assert "did you mean 'icons-vae'" in refused("sample zoo:icon-vae --out nowhere")


def test_the_command_that_made_a_run_makes_it_again(call: Callable[[str], Any], house: Path) -> None:
    again = training_command(house / "runs" / "vae")
    for words in ("--images 160", "--picture-images 0", "--widths 16 8", "--held-out 0.4", "--latents 8"):
        assert f" {words} " in f"{again} "
    assert shlex.split(again)[:7] == ["acutance", "train", "vae", "--data", "pics", "--out", "vae"]
    assert call(again.removeprefix("acutance ") + " --quiet").code == 0
    first, second = (json.loads((place / "run.json").read_text()) for place in (house / "runs" / "vae", house / "vae"))
    assert {k: first[k] for k in ("model", "recipe", "seed", "data")} == {
        k: second[k] for k in ("model", "recipe", "seed", "data")
    }


@pytest.mark.parametrize("subject", ["runs/on-vae", "{house}/runs/on-vae"], ids=["relative", "absolute"])
def test_the_command_names_what_a_run_was_built_on_from_here(
    subject: str, call: Callable[[str], Any], house: Path
) -> None:
    if not (house / "runs" / "on-vae").exists():
        line = "train refit_decoder --of runs/vae --data pics --images 16 --batch-size 16 --out runs/on-vae --quiet"
        assert call(line).code == 0
    again = training_command(Path(subject.format(house=house)))
    assert " --out on-vae " in again
    assert " --of runs/vae " in f"{again} "
    done = call(again.removeprefix("acutance ") + " --dry-run")
    assert done.code == 0, done.err


@pytest.mark.parametrize("damage", ["{", "{}", "[]"])
def test_a_run_that_does_not_say_has_no_command(damage: str, tmp_path: Path) -> None:
    assert training_command(tmp_path) == ""
    for name in ("run.json", "options.json"):
        (tmp_path / name).write_text(damage)
    assert training_command(tmp_path) == ""


def test_a_decoder_is_trained_on_the_code_of_a_model_of_the_zoo(call: Callable[[str], Any], house: Path) -> None:
    done = call("train refit_decoder --of zoo:icons-vae --data pics --size 32 --images 16 --out runs/on-zoo --quiet")
    assert done.code == 0, done.err
    assert " --of zoo:icons-vae " in training_command(house / "runs" / "on-zoo")
    done = call("train refit_decoder --of zoo:icons-vea --data pics --size 32 --out no")
    assert (done.code, "did you mean 'icons-vae'" in done.err) == (2, True)
