"""Models made elsewhere, trained here for up to a minute, each diagnosed by one command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scripted_models import DCGAN, script
from small_models import blobs

Call = Callable[[str], Any]

AUTOENCODER = {"encoder", "decoder", "bottleneck"}


def pictures(file: Path, n: int = 160, **options: int) -> Path:
    np.save(file, blobs(n, seed=4, **options))
    return file


def told(call: Call, line: str, out: Path) -> dict[str, Any]:
    """What a command found: its JSON. The page is written and the answer said."""
    done = call(f"{line} --out {out} --quiet")
    assert done.code == 0, done
    found: dict[str, Any] = json.loads((out / "diagnosis.json").read_text())
    assert found["answer"] in done.out
    assert (out / "report.html").stat().st_size > 10_000
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "locations"),
    [("AutoencoderKL", AUTOENCODER | {"rate", "encoder_noise"}), ("VQModel", AUTOENCODER | {"quantization"})],
)
def test_an_autoencoder_of_diffusers(kind: str, locations: set[str], call: Call, tmp_path: Path) -> None:
    pytest.importorskip("diffusers")
    from diffusers_models import trained

    data = pictures(tmp_path / "blobs.npy")
    found = told(call, f"diagnose diffusers:{trained(kind, 600)} --data {data}", tmp_path / "found")
    assert {one["location"] for one in found["locations"]} == locations
    assert sum(one["share"] for one in found["locations"]) == pytest.approx(1, abs=1e-6)
    assert found["explained"]["value"] > 0.5, "it was trained"
    assert [step["stage"] for step in found["budget_db"]][:4] == ["data", "best_latent", "mean", "sample"]
    assert found["subject"]["family"] == kind


@pytest.mark.slow
def test_a_vae_of_pythae(call: Call, tmp_path: Path) -> None:
    pytest.importorskip("pythae")
    from pythae_models import trained_vae

    data, folder = pictures(tmp_path / "blobs.npy"), trained_vae(tmp_path / "vae", 1_500)
    found = told(call, f"diagnose pythae:{folder} --data {data}", tmp_path / "found")
    assert {one["location"] for one in found["locations"]} == AUTOENCODER | {"rate", "encoder_noise"}
    assert sum(one["share"] for one in found["locations"]) == pytest.approx(1, abs=1e-6)
    assert found["locations"][0]["location"] in ("rate", "bottleneck"), "four latents at sigma .7"
    assert "prior_gap" in {one["cause"] for one in found["samples"]}


@pytest.mark.slow
def test_a_generator_in_torchscript_gets_the_samples_part(call: Call, tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        file = script(DCGAN(), tmp_path / "dcgan.pt")
    data = pictures(tmp_path / "blobs.npy", 120, channels=3, height=64, width=64)
    found = told(call, f"diagnose torchscript:{file}?range=-1,1 --data {data}", tmp_path / "found")
    assert found["locations"] == [] and found["budget_db"] == []
    assert [one["cause"] for one in found["samples"]] == ["mode_dropping"]
    assert found["bands"]["prior"] and not found["bands"]["sample"]
    assert found["data"]["height"] == 64
