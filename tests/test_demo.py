"""The main job: quickly, that it does all it says; at full length, that it answers the question."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from acutance.demo import run_demo
from acutance.models import from_pretrained
from acutance.models.adversarial_decoder import FrozenCode

NAMES = ["VAE", "Same code, adversarial decoder", "GAN"]


def subjects(folder: Path) -> dict[str, Any]:
    document = json.loads((folder / "comparison.json").read_text())
    return {subject["subject"]["name"]: subject for subject in document["subjects"]}


def test_a_short_demo_leaves_a_page_and_goes_on_where_it_was(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    run_demo(out, scale=0.002)
    first = subjects(out)
    assert list(first) == NAMES
    assert (out / "report.html").stat().st_size > 20_000
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
    assert 0.6 <= found["GAN"]["bands"]["prior"][-1]["detail_ratio"] <= 1.5
