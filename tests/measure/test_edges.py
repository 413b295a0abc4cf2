"""Edges without pairs against exact answers: slanted edges of known blur, the jittered edge (O1)."""

from __future__ import annotations

import importlib.util
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from acutance.data.synthetic import edges
from acutance.errors import MeasureError
from acutance.measure import Reading
from acutance.measure.edge_spread import EdgeSpread, radius_for

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("edge_bias", ROOT / "benchmarks" / "edge_bias.py")
assert spec and spec.loader
exact: Any = importlib.util.module_from_spec(spec)
spec.loader.exec_module(exact)


def measured(fake: Tensor, real: Tensor | None = None, radius: int | None = None) -> dict[str, Reading]:
    measure = EdgeSpread(radius=radius)
    measure.update(real=fake if real is None else real, fake=fake)
    return {reading.name: reading for reading in measure.compute()}


def rows_of(profile: Tensor, n: int = 4) -> Tensor:
    return profile.expand(n, 1, len(profile), len(profile))


def blurred(images: Tensor, sigma: float) -> Tensor:
    height, width = images.shape[-2:]
    square = torch.fft.fftfreq(height)[:, None] ** 2 + torch.fft.rfftfreq(width)[None, :] ** 2
    gain = torch.exp(-2 * math.pi**2 * sigma**2 * square)
    return torch.fft.irfft2(torch.fft.rfft2(images) * gain, s=(height, width)).clamp(0, 1)


@pytest.fixture(scope="module")
def planes() -> Tensor:
    """Half planes of unequal contrast, on a gentle shade."""
    height = 0.4 + torch.rand(60, 1, 1, 1, generator=torch.Generator().manual_seed(3))
    shade = torch.linspace(-0.03, 0.03, 64)[:, None]
    return (0.5 + (exact.slanted_edges(60, 64, 0.0) - 0.5) * height + shade).clamp(0, 1)


@pytest.mark.parametrize(
    ("side", "sigma", "tolerance"),
    [(32, 0.3, 0.005), (32, 0.5, 0.005), (32, 0.75, 0.005), (32, 1.0, 0.02)]
    + [(64, sigma, 0.005) for sigma in (0.3, 0.5, 0.75, 1.0, 1.5, 2.0)],
)
def test_slanted_edges_have_their_mtf50(side: int, sigma: float, tolerance: float) -> None:
    found = measured(exact.slanted_edges(150, side, sigma))
    mtf50, width = exact.exact(sigma)
    assert found["edge_mtf50"].value == pytest.approx(mtf50, rel=tolerance)
    assert found["edge_width_px"].value == pytest.approx(width, rel=0.05 if sigma >= 0.5 else 0.1)
    assert found["edge_mtf50"].low <= found["edge_mtf50"].value <= found["edge_mtf50"].high
    assert not found["edge_mtf50"].preconditions


def test_the_exact_answers_are_those_of_a_fine_grid() -> None:
    """The analytic edges against 16 x 16 samples a pixel, and the MTF50 of a Gaussian far wider than a pixel (O4)."""
    side, fine, sigma = 16, 16, 1.2
    angle, shift = torch.rand(2, 3, 1, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    at = (torch.arange(side * fine, dtype=torch.float64) + 0.5) / fine - side / 2
    distance = at * (2 * math.pi * angle).cos() + at[:, None] * (2 * math.pi * angle).sin() - (4 * shift - 2)
    sampled = torch.special.ndtr(distance / sigma).reshape(3, side, fine, side, fine).mean((2, 4))
    assert exact.slanted_edges(3, side, sigma)[:, 0] == pytest.approx(0.2 + 0.6 * sampled, abs=1e-4)
    assert exact.exact(6.0)[0] == pytest.approx(math.sqrt(math.log(2) / 2) / (math.pi * 6.0), rel=0.01)
    assert exact.exact(6.0)[1] == pytest.approx(6.0 * math.sqrt(2 * math.pi), rel=0.01)


@pytest.mark.parametrize(("s_px", "side", "radius"), [(2.0, 64, None), (4.0, 64, 16), (6.0, 128, 24)])
def test_the_l2_answer_to_a_jittered_edge_has_its_width(s_px: float, side: int, radius: int | None) -> None:
    """O1: width s sqrt(2 pi); L1 and a posterior sample are sharp."""
    images, answers = edges(400, side, torch.Generator().manual_seed(1), s_px=s_px)
    images = images[(images[:, 0, 0] > 0).any(1) & (images[:, 0, 0, 0] < 1)]
    found = measured(rows_of(answers.mean_profile()), images, radius)
    assert found["edge_width_px"].value == pytest.approx(s_px * math.sqrt(2 * math.pi), rel=0.02)
    assert found["edge_width_px_real"].value == pytest.approx(1.0, abs=0.1)
    assert found["edge_mtf50_real"].value == 0.5
    assert measured(rows_of(answers.median_profile()), images, radius)["edge_width_px"].value < 1.4


def test_neither_direction_nor_polarity_matters(planes: Tensor) -> None:
    one = measured(planes)["edge_mtf50"]
    for other in (planes.transpose(2, 3), planes.flip(2), planes.flip(3), 1.0 - planes):
        found = measured(other)["edge_mtf50"]
        assert found.value == pytest.approx(one.value, rel=0.03)
        assert found.low <= one.value <= found.high


def test_blur_widens_edges_strictly(planes: Tensor) -> None:
    series = [measured(blurred(planes, sigma), planes) for sigma in (0.0, 0.5, 1.0, 1.5)]
    for sharp, soft in pairwise(series):
        assert soft["edge_mtf50"].value < sharp["edge_mtf50"].value
        assert soft["edge_width_px"].value > sharp["edge_width_px"].value
        assert soft["edge_width_ratio"].value > sharp["edge_width_ratio"].value
    assert series[0]["edge_width_ratio"].value == pytest.approx(1.0, abs=0.01)
    assert series[2]["edge_width_ratio"].low > 1.3


def test_noise_makes_no_sharp_edges(planes: Tensor) -> None:
    """Noise hides edges; those that are left read at most a few per cent sharper."""
    rng = torch.Generator().manual_seed(2)
    soft = blurred(planes, 1.0)
    clean = measured(soft, planes)
    for sigma in (0.01, 0.02):
        noisy = (soft + sigma * torch.randn(soft.shape, generator=rng)).clamp(0, 1)
        found = measured(noisy, planes)
        assert found["edge_mtf50"].value < 1.08 * clean["edge_mtf50"].value
    noise = (0.5 + 0.2 * torch.randn(planes.shape, generator=rng)).clamp(0, 1)
    reading = measured(noise, planes)["edge_mtf50"]
    assert any("samples" in text for text in reading.preconditions)


def test_images_without_edges_are_named() -> None:
    ramp = torch.linspace(0, 1, 32).expand(6, 1, 32, 32)
    reading = measured(ramp)["edge_mtf50"]
    assert math.isnan(reading.value)
    assert "no straight, isolated step edge was found in the samples" in reading.preconditions
    wide = measured(exact.slanted_edges(40, 32, 1.5))["edge_width_px"]
    assert any("too wide for a radius of 4 px" in text for text in wide.preconditions)


def test_what_one_set_lacks_is_said_of_that_set_alone(planes: Tensor) -> None:
    found = measured(torch.full_like(planes, 0.5), planes)
    for reading in found.values():
        assert ("found in the samples" in " ".join(reading.preconditions)) == (not reading.name.endswith("_real"))
        assert math.isfinite(reading.value) == reading.name.endswith("_real")


def test_what_it_cannot_work_on() -> None:
    with pytest.raises(MeasureError, match="sides of 9 px, got 8"):
        measured(torch.rand(3, 1, 8, 8))
    with pytest.raises(MeasureError, match="at least 4 px, got 2"):
        measured(torch.rand(3, 1, 32, 32), radius=2)
    with pytest.raises(MeasureError, match="radius=6"):
        EdgeSpread(radius=6).merge(EdgeSpread())
    assert [radius_for(side) for side in (9, 32, 48, 64, 512)] == [4, 4, 6, 8, 8]
