"""Our numbers against those of other libraries on the same images or features, to 1e-6."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from acutance.measure import MEASURES
from acutance.measure._frechet import frechet
from acutance.measure.kernel_distance import kernel_distance
from acutance.measure.neighbours import neighbour_shares

ROOT = Path(__file__).resolve().parents[2]
RECORDS = json.loads((ROOT / "tests" / "golden" / "measure.json").read_text())
GOLDEN = {(lib, key): value for lib, record in RECORDS.items() for key, value in record["values"].items()}

spec = importlib.util.spec_from_file_location("golden_measure", ROOT / "benchmarks" / "golden_measure.py")
assert spec and spec.loader
inputs: Any = importlib.util.module_from_spec(spec)
spec.loader.exec_module(inputs)


def keys(prefix: str) -> pytest.MarkDecorator:
    chosen = [pair for pair in GOLDEN if pair[1].startswith(prefix + "/")]
    assert chosen
    return pytest.mark.parametrize(("library", "key"), chosen, ids=[" ".join(pair) for pair in chosen])


def images(channels: int, *size: int) -> tuple[torch.Tensor, torch.Tensor]:
    ref, x = (torch.from_numpy(p).permute(0, 3, 1, 2) for p in inputs.pictures(channels, *size))
    return ref, x


def features(key: str) -> tuple[torch.Tensor, torch.Tensor]:
    real, fake = (torch.from_numpy(f) for f in inputs.features(*map(int, key.split("/")[1:4])))
    return real, fake


def per_image(name: str, key: str, *size: int) -> list[float]:
    ref, x = images(int(key.split("/")[1]), *size)
    measure = MEASURES.load(name)()
    return [float(score) for score in measure.score(x, ref)]


@keys("psnr")
def test_psnr(library: str, key: str) -> None:
    assert per_image("psnr", key) == pytest.approx(GOLDEN[library, key], rel=1e-6)


@keys("ssim")
def test_ssim(library: str, key: str) -> None:
    assert per_image("ssim", key) == pytest.approx(GOLDEN[library, key], rel=1e-6)


@keys("ms_ssim")
def test_ms_ssim(library: str, key: str) -> None:
    # its window is made in float32 and then widened, ours in float64: 5e-6
    assert per_image("ms_ssim", key, 192, 2) == pytest.approx(GOLDEN[library, key], rel=1e-5)


@keys("frechet_distance")
def test_frechet_distance(library: str, key: str) -> None:
    assert frechet(*features(key)).value == pytest.approx(GOLDEN[library, key], rel=1e-6)


@keys("kernel_distance")
def test_kernel_distance(library: str, key: str) -> None:
    assert kernel_distance(*features(key)).value == pytest.approx(GOLDEN[library, key], rel=1e-6)


@pytest.mark.parametrize("name", ["precision", "recall", "density", "coverage"])
@pytest.mark.parametrize("k", [3, 5])
def test_neighbour_shares(name: str, k: int) -> None:
    for n, m, d in inputs.SIZES:
        real, fake = (torch.from_numpy(f) for f in inputs.features(n, m, d))
        value = neighbour_shares(real, fake, (k,))[name, k][0]
        assert value == pytest.approx(GOLDEN["prdc", f"{name}/{n}/{m}/{d}/{k}"], rel=1e-6)


def test_every_record_says_where_it_comes_from() -> None:
    for record in RECORDS.values():
        assert all(record[key] for key in ("version", "command", "date", "python", "numpy", "values"))
