"""compare: held-out images unless told otherwise, the page and the promised JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acutance.cli import _comparing

WORDS = ("ash", "birch", "cedar", "date", "elm", "fig", "gum", "hazel", "ivy", "jute", "kauri", "larch", "maple")


def held_out_count(house: Path) -> int:
    return 60 - int(json.loads((house / "runs" / "vae" / "run.json").read_text())["data"]["images"])


def test_page_and_numbers(call: Callable[[str], Any], house: Path) -> None:
    done = call("compare runs/vae runs/gan --data pics --out report")
    assert done.code == 0, done
    held_out = held_out_count(house)
    assert f"{60 - held_out} of 60 images were trained on and are left out" in done.err
    assert f"measured on: {held_out} of 60, none trained on" in done.out
    assert {path.name for path in (house / "report").iterdir()} >= {"report.html", "comparison.json"}
    document = json.loads((house / "report" / "comparison.json").read_text())
    assert document["schema"] == "acutance.comparison/1"
    assert document["data"]["images"] == held_out
    assert [one["subject"]["name"] for one in document["subjects"]] == ["vae", "gan"]
    assert document["made"]["command"] == "acutance compare runs/vae runs/gan --data pics --out report"


def test_the_same_images_under_other_names_are_known(call: Callable[[str], Any], house: Path) -> None:
    for i, path in enumerate(sorted((house / "pics").rglob("*.png"))):
        target = house / "renamed" / f"{WORDS[i % 13]}x{i}" / "y.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    done = call("compare runs/vae --data renamed --out report-renamed")
    assert f"measured on: {held_out_count(house)} of 60, none trained on" in done.out


def test_training_images_only_when_asked(call: Callable[[str], Any], house: Path) -> None:
    from acutance.data import open_source

    training, _ = open_source("pics").split(0.4)
    for name in training.names:
        target = house / "trained" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(house / "pics" / name, target)
    done = call("compare runs/vae --data trained --out report-trained")
    assert done.code == 2
    assert "none is held out" in done.err
    assert "--all-images" in done.err
    done = call("compare runs/vae --data trained --out report-trained --all-images")
    assert done.code == 0
    assert "measured on: all, those trained on too" in done.out


@pytest.mark.parametrize("gone", [["training_digests.npy"], ["training_digests.npy", "run.json"]])
def test_a_run_that_does_not_say_what_it_was_trained_on(
    call: Callable[[str], Any], house: Path, tmp_path: Path, gone: list[str]
) -> None:
    run = tmp_path / "old"
    shutil.copytree(house / "runs" / "ae", run)
    for name in gone:
        (run / name).unlink()
    done = call(f"compare {run} --data pics --out {tmp_path}/report")
    if "run.json" in gone:
        assert done.code == 0
        assert "warning" in done.err
        assert "may be among it" in done.err
    else:
        assert done.code == 2
        assert "--all-images" in done.err


def test_ctrl_c_while_measuring_says_what_is_kept_and_how_to_start_again(
    call: Callable[[str], Any], house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*args: Any, on_subject: Callable[[str], None], **options: Any) -> None:
        on_subject("vae")
        raise KeyboardInterrupt

    line = "compare runs/vae --data pics --out report-stopped"
    with monkeypatch.context() as patch:
        patch.setattr(_comparing, "compare", stopped)
        done = call(line)
    assert done.code == 130
    assert done.err.endswith(
        f"\nstopped; nothing of the measurement is kept; the same command starts it again:\n  acutance {line}\n"
    )
    assert call(line).code == 0
