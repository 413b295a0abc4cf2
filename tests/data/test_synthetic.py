"""Synthetic sets against their own exact answers, and the answers against independent computations."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from acutance.data import open_source
from acutance.data.synthetic import dead_leaves, edges, gaussian_field, linear_vae, pca_error, water_filling
from acutance.errors import ConfigError, SourceError
from acutance.rng import rng_for

RNG = torch.Generator


def rng(*keys: int | str) -> RNG:
    return rng_for(0, "test", *keys)


# Edges (O1)


def by_quadrature(s: float, centre: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """First and second moment of every pixel, by brute force over the edge's place."""
    place = np.linspace(-8 * s, 8 * s, 40_001)
    weight = np.exp(-0.5 * (place / s) ** 2)
    weight /= weight.sum()
    pixels = np.clip(np.arange(1, size + 1)[None] - (centre + place)[:, None], 0, 1)
    return weight @ pixels, weight @ pixels**2


@pytest.mark.parametrize(("s", "centre", "size"), [(6.0, 32.0, 64), (0.3, 8.2, 16), (3.0, 2.0, 16)])
def test_edge_moments_agree_with_quadrature(s: float, centre: float, size: int) -> None:
    answers = edges(1, size, rng(), s_px=s, centre_px=centre)[1]
    first, second = by_quadrature(s, centre, size)
    median = np.clip(np.arange(1, size + 1) - centre, 0, 1)
    assert np.abs(answers.mean_profile().numpy() - first).max() < 1e-6
    assert np.abs(answers.median_profile().numpy() - median).max() < 1e-12
    assert answers.l2_mse() == pytest.approx(float((second - first**2).mean()), rel=1e-5)
    assert answers.l1_mse() == pytest.approx(float((second - 2 * median * first + median**2).mean()), rel=1e-5)


def test_edges_reach_the_textbook_ratios_where_pixels_are_small() -> None:
    """Theory O1: width s sqrt(2 pi), L1 at sqrt 2, a posterior sample at 2; s = 6: 15.04 px."""
    assert edges(1, 64, rng(), s_px=6.0)[1].width_px == pytest.approx(15.04, abs=5e-3)
    answers = edges(1, 2048, rng(), s_px=128.0)[1]
    steepest = float(answers.mean_profile().diff().max())
    assert 1.0 / steepest == pytest.approx(answers.width_px, rel=1e-4)
    assert answers.l2_mse() == pytest.approx(128.0 / (math.sqrt(math.pi) * 2048), rel=0.003)
    assert answers.l1_mse() / answers.l2_mse() == pytest.approx(answers.l1_ratio, rel=0.003)
    assert answers.sample_mse() / answers.l2_mse() == answers.sample_ratio == 2.0


def test_drawn_edges_follow_their_answers() -> None:
    images, answers = edges(40_000, 24, rng(), s_px=2.0)
    rows = images[:, 0, 0]
    assert torch.equal(images, images[:, :, :1].expand_as(images))
    error = (rows - answers.mean_profile()).square().mean(1)
    assert abs(float(error.mean()) - answers.l2_mse()) < 4 * float(error.std()) / 200
    assert float((rows.mean(0) - answers.mean_profile()).abs().max()) < 4 * 0.5 / 200
    assert (rows.diff(dim=1) >= 0).all()
    assert float(((rows > 0) & (rows < 1)).sum(1).max()) <= 1, "one pixel at most is between black and white"


# Gaussian fields (O2, O3)


def test_field_power_is_what_is_drawn() -> None:
    images, answers = gaussian_field(6000, 12, rng(), exponent=2.0)
    power = torch.fft.fft2(images - answers.mean).abs().square().mean((0, 1)) / 144
    ratio = power / answers.power
    assert float((ratio - 1).abs().max()) < 5 * math.sqrt(2 / 6000)
    assert float(ratio.mean()) == pytest.approx(1.0, abs=0.01)
    assert float(images.var()) == pytest.approx(0.01, rel=0.02)


def test_field_eigenvalues_are_those_of_the_dense_covariance() -> None:
    _, answers = gaussian_field(1, 8, rng(), exponent=1.7, contrast=0.2)
    covariance = torch.fft.ifft2(answers.power).real
    y, x = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    y, x = y.flatten(), x.flatten()
    dense = covariance[(y[:, None] - y) % 8, (x[:, None] - x) % 8]
    found = torch.linalg.eigvalsh(dense).flip(0)
    assert torch.allclose(found, answers.eigenvalues, rtol=1e-10, atol=1e-14)
    assert float(dense.diagonal().mean()) == pytest.approx(0.04)


def test_field_power_law() -> None:
    _, answers = gaussian_field(1, 32, rng(), exponent=2.0)
    assert float(answers.power[0, 2] / answers.power[0, 4]) == pytest.approx(4.0)
    assert float(answers.power[0, 0]) == float(answers.power[0, 1])
    white = gaussian_field(1, 8, rng(), exponent=0.0)[1]
    assert torch.allclose(white.power, torch.full((8, 8), 0.01, dtype=torch.float64))


def test_what_eight_bits_add(tmp_path: Path) -> None:
    """The rounding is white noise of variance 1/(12 255^2) on every eigenvalue, as the answers say."""
    exact, answers = gaussian_field(3000, 16, rng(), exponent=3.0)
    from acutance.data.synthetic._quantised import to_bytes

    rounded = torch.from_numpy(to_bytes(exact)).permute(0, 3, 1, 2).to(torch.float64) / 255
    error = torch.fft.fft2(rounded - exact).abs().square().mean((0, 1)) / 256
    assert float(error.mean()) == pytest.approx(answers.rounding_variance, rel=0.01)
    assert float((error / answers.rounding_variance - 1).abs().max()) < 6 * math.sqrt(2 / 3000)
    assert answers.clipped == pytest.approx(math.erfc(5 / math.sqrt(2)))


spectra = st.lists(st.floats(1e-4, 10.0), min_size=1, max_size=20).map(lambda v: torch.tensor(v, dtype=torch.float64))


@given(spectra, st.floats(0.0, 30.0))
def test_water_filling_spends_exactly_the_rate(lam: torch.Tensor, rate: float) -> None:
    level, error = water_filling(lam, rate)
    spent = 0.5 * torch.log(lam / level).clamp(min=0.0).sum()
    assert float(spent) == pytest.approx(rate, abs=1e-9)
    assert error == pytest.approx(float(lam.clamp(max=level).sum()))
    assert error <= float(lam.sum()) * (1 + 1e-12)


@given(spectra, st.floats(1e-4, 10.0))
def test_the_linear_vae_is_on_the_water_filling_curve(lam: torch.Tensor, level: float) -> None:
    """O3: decode(sample) at rate R has the least error of any code of that rate; stages obey H^2 = q y (T2)."""
    stages = linear_vae(lam, level)
    assert float(stages.sample.mse.sum()) == pytest.approx(water_filling(lam, stages.rate_nats)[1], rel=1e-6)
    assert stages.active == int((lam > level).sum())
    for stage in (stages.mean, stages.sample, stages.noisy):
        kept = lam > level
        ratio = stage.power / lam
        assert torch.allclose(stage.gain[kept] ** 2, (stage.coherence * ratio)[kept], atol=1e-9)
        explained = 2 * stage.gain - ratio
        assert torch.allclose(stage.mse, lam * (1 - explained), rtol=1e-7, atol=1e-12), "S_ee = S_xx (1 - 2H + y)"


@pytest.mark.parametrize("latents", [None, 2, 0])
def test_the_linear_vae_by_simulation(latents: int | None) -> None:
    """T8, by drawing x, z ~ q(z|x) and the decoder's noise for four directions."""
    lam = torch.tensor([4.0, 1.0, 0.5, 0.1], dtype=torch.float64)
    level, n = 0.3, 400_000
    x = torch.randn(n, 4, generator=rng("x"), dtype=torch.float64) * lam.sqrt()
    kept = (lam > level) & (torch.arange(4) < (4 if latents is None else latents))
    weight = ((lam - level).clamp(min=0.0)).sqrt() * kept
    gain = weight / (weight**2 + level)
    z = x * gain + torch.randn(n, 4, generator=rng("z"), dtype=torch.float64) * (level / (weight**2 + level)).sqrt()
    noise = torch.randn(n, 4, generator=rng("n"), dtype=torch.float64) * level**0.5
    stages = linear_vae(lam, level, latents)
    outputs = {"mean": x * gain * weight, "sample": z * weight, "noisy": z * weight + noise}
    for name, r in outputs.items():
        stage = getattr(stages, name)
        assert torch.allclose((r**2).mean(0), stage.power, rtol=0.01, atol=1e-9)
        assert torch.allclose((x * r).mean(0) / lam, stage.gain, atol=0.01)
        assert torch.allclose(((x - r) ** 2).mean(0), stage.mse, rtol=0.01)
    assert stages.active == int(kept.sum())


def test_beta_moves_the_decoder_noise_only() -> None:
    lam = torch.tensor([2.0, 1.0], dtype=torch.float64)
    one, four = linear_vae(lam, 0.2), linear_vae(lam, 0.2, beta=4.0)
    assert torch.equal(one.sample.power, four.sample.power)
    assert torch.allclose(four.noisy.power, four.sample.power + 0.05)


def test_pca_and_rate_answers_of_a_field() -> None:
    _, answers = gaussian_field(1, 8, rng())
    lam = answers.eigenvalues
    assert answers.pca_mse(0) == pytest.approx(0.01)
    assert answers.pca_mse(64) == 0.0
    assert answers.pca_mse(10) == pytest.approx(float(lam[10:].sum()) / 64) == pca_error(lam, 10) / 64
    assert answers.rate_mse(0.0) == pytest.approx(0.01)
    assert 0 < answers.rate_mse(50.0) < answers.rate_mse(20.0) < 0.01
    stages = answers.stages(float(lam[10]), latents=5)
    assert (stages.active, stages.mean.power.shape) == (5, (8, 8))


# Dead leaves


@pytest.mark.parametrize("supersampling", [1, 2])
def test_dead_leaves_have_the_exact_power(supersampling: int) -> None:
    images, answers = dead_leaves(1500, 12, rng(supersampling), supersampling=supersampling)
    power = torch.fft.fft2(images - 0.5).abs().square().mean((0, 1)) / 144
    ratio = power / answers.power()
    deviation = float((ratio - 1).square().mean().sqrt())
    assert deviation < 1.6 / math.sqrt(1500), "what chance alone does"
    assert float(images.var()) == pytest.approx(answers.variance(), rel=0.03)
    assert float(images.mean()) == pytest.approx(0.5, abs=0.005)


def test_dead_leaves_same_leaf_probability() -> None:
    answers = dead_leaves(1, 32, rng())[1]
    lag = torch.tensor([0.0, 1e-6, 0.5, 1.0, 4.0, 15.9, 16.0], dtype=torch.float64)
    p = answers.same_leaf(lag)
    assert float(p[0]) == pytest.approx(1.0, abs=1e-12)
    assert (p.diff() <= 0).all()
    assert float(p[-1]) == pytest.approx(0.0, abs=1e-12), "no leaf is wider than two largest radii"
    r = np.linspace(1.0, 8.0, 400_001)
    density = r**-3.0 / np.trapezoid(r**-3.0, r)
    h = 2.5
    disc = np.where(r > h / 2, r, h / 2)
    overlap = 2 * disc**2 * np.arccos(h / (2 * disc)) - h / 2 * np.sqrt(np.maximum(4 * disc**2 - h**2, 0))
    mean_overlap, mean_area = np.trapezoid(overlap * density, r), np.trapezoid(np.pi * r**2 * density, r)
    expected = mean_overlap / (2 * mean_area - mean_overlap)
    assert float(answers.same_leaf(torch.tensor(h, dtype=torch.float64))) == pytest.approx(expected, rel=1e-7)


def test_dead_leaves_fall_like_photographs() -> None:
    """Between the smallest and the largest leaf the power falls with an exponent of about 2, less near the ends."""
    power = dead_leaves(1, 128, rng(), supersampling=1)[1].power()[0]
    slope = math.log(float(power[16] / power[4])) / math.log(4.0)
    assert -2.3 < slope < -1.5


# All of them


@pytest.mark.parametrize("draw", [edges, gaussian_field, dead_leaves])
def test_draws_depend_on_their_generator_alone(draw: Any) -> None:
    more: dict[str, Any] = {"s_px": 2.0} if draw is edges else {}
    one, again, other = (draw(3, 16, rng(k), **more)[0] for k in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert one.dtype == torch.float64
    assert one.shape == (3, 1, 16, 16)


@pytest.mark.parametrize("name", ["edges", "gaussian-field", "dead-leaves"])
def test_as_a_source_image_i_is_the_same_whatever_the_number(shared_cache: Path, name: str) -> None:
    few, many = (open_source(f"synthetic:{name}?n={n}", size=16, cache=shared_cache) for n in (5, 150))
    assert np.array_equal(few.images, many.images[:5])
    other = open_source(f"synthetic:{name}?n=5&seed=1", size=16, cache=shared_cache)
    assert not np.array_equal(few.images, other.images)
    assert few.answers is not None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("synthetic:edges?s=0", "jitter above 0 px"),
        ("synthetic:edges?n=0", "n = 0"),
        ("synthetic:edges?n=many", "parameter 'n' is a whole number, got 'many'"),
        ("synthetic:edges?stacked=2", "3 colours or not at all"),
        ("synthetic:edges?sigma=3", "no parameter 'sigma'; .*known: n, s, stacked, seed"),
        ("synthetic:gaussian-field?contrast=-1", "contrast above 0"),
        ("synthetic:gaussian-field?exponent=nan", "exponent from 0 on"),
        ("synthetic:dead-leaves?r_min=20", "r_max <= size / 4"),
    ],
)
def test_parameters_are_checked(shared_cache: Path, source: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_source(source, cache=shared_cache)


@pytest.mark.parametrize("call", [lambda: water_filling(torch.zeros(3), 1.0), lambda: pca_error(torch.ones(3), -1)])
def test_senseless_questions_are_refused(call: Any) -> None:
    with pytest.raises(ConfigError):
        call()
    with pytest.raises(ConfigError):
        linear_vae(torch.ones(3), 0.0)
