"""The main job: quickly, that it does all it says; at full length, that it answers the question."""

from __future__ import annotations

import dataclasses
import json
import time
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
