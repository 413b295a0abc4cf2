"""Averages, medians and draws against exact answers: T1, T5, T6, T11, O1."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from acutance.data.synthetic import EdgeAnswers, edges
from acutance.errors import MeasureError, NoDataError
from acutance.measure import PairsMeasurement, measure_pairs, noise_use, paired_difference
from acutance.measure._noise_use import NoiseUse
from acutance.measure.residual_signs import ResidualSigns


def normal(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def ramp(profile: Tensor, n: int) -> Tensor:
    """n images (1, 8, side) whose rows are all `profile`."""
    return profile.expand(n, 1, 8, len(profile))


N = 16_000


def strips(seed: int, s_px: float) -> tuple[Tensor, EdgeAnswers]:
    """N jittered edges, 8 rows of each: 0.6 % is then one standard error of a squared error."""
    parts = [edges(2000, 64, torch.Generator().manual_seed(100 * seed + k), s_px=s_px) for k in range(N // 2000)]
    return torch.cat([images[:, :, :8] for images, _ in parts]), parts[0][1]


@pytest.fixture(scope="module")
def known_part() -> tuple[Tensor, Tensor]:
    """What a code tells of 400 images, and the images, which have as much power again that it does not tell."""
    told = 0.5 + 0.05 * normal(400, 1, 16, 16, seed=0)
    return told, told + 0.05 * normal(400, 1, 16, 16, seed=1)


def holds(found: PairsMeasurement, name: str, exact: float, slack: float = 0.0) -> bool:
    reading = found.reading(name)
    return reading.low - slack <= exact <= reading.high + slack


def test_a_conditional_mean_passes_both_averaging_tests(known_part: tuple[Tensor, Tensor]) -> None:
    told, ref = known_part
    found = measure_pairs(ref, told)
    assert found.reading("averaging_slope").value == pytest.approx(1.0, abs=0.02)
    assert found.reading("averaging_gap").value == pytest.approx(0.0, abs=0.02)
    assert holds(found, "averaging_slope", 1.0) and holds(found, "averaging_gap", 0.0)


def test_the_averaging_gap_of_what_is_no_average(known_part: tuple[Tensor, Tensor]) -> None:
    """White fields: S_xx = 2, S_rr and S_xr in units of the told power, so the gap 2 (S_rr - S_xr) / S_xx is exact."""
    told, ref = known_part
    dull = 0.5 + 0.8 * (told - 0.5)
    noisy = told + 0.05 * normal(400, 1, 16, 16, seed=2)
    assert measure_pairs(ref, dull).reading("averaging_gap").value == pytest.approx(0.64 - 0.8, abs=0.02)
    found = measure_pairs(ref, noisy).reading("averaging_gap")
    assert found.value == pytest.approx(1.0, abs=0.05) and found.low > 0.9


def test_signs_tell_a_median_from_a_mean() -> None:
    """x = c + exponential noise of unit u: the mean lies u, the median u log 2 above c; P(x > mean) = 1 / e."""
    rng = torch.Generator().manual_seed(3)
    told = 0.2 + 0.4 * torch.rand(400, 1, 16, 16, generator=rng, dtype=torch.float64)
    unit = 0.05
    ref = (told - unit * torch.rand(told.shape, generator=rng, dtype=torch.float64).log()).clamp(max=1.0)
    median = measure_pairs(ref, told + unit * math.log(2.0))
    mean = measure_pairs(ref, told + unit)
    tie = 0.5 / 255 / unit  # the density at the median is 1/2, at the mean 1/e, to either side
    assert holds(median, "sign_balance", 0.0) and holds(median, "sign_slope", 0.0)
    beyond = (1 - 2 / math.e) - 2 * tie / math.e
    assert mean.reading("sign_balance").value == pytest.approx(-beyond, abs=0.01)
    assert mean.reading("sign_balance").high < 0.0


def test_signs_see_an_average_of_two_equally_likely_values() -> None:
    """On a jittered edge (O1) the mean image r is balanced, but P(ref > r) - P(ref < r) grows with r."""
    images, answers = edges(2000, 32, torch.Generator().manual_seed(4), s_px=3.0)
    images = images[:, :, :8]
    lever = answers.mean_profile() - 0.5
    mean = measure_pairs(images, ramp(answers.mean_profile(), 2000))
    right = torch.arange(1, 33) - answers.mean_profile() - answers.centre_px
    sign = 2 * torch.special.ndtr(right / answers.s_px) - 1
    seen = lever.abs() < 0.5 - 0.5 / 255  # elsewhere nearly all are ties
    exact = float((sign * lever)[seen].mean() / lever[seen].abs().mean())
    assert mean.reading("sign_balance").value == pytest.approx(0.0, abs=0.02)
    assert mean.reading("sign_slope").value == pytest.approx(exact, rel=0.02)
    assert mean.reading("sign_slope").low > 0.0
    median = measure_pairs(images, ramp(answers.median_profile(), 2000))
    assert median.reading("sign_slope").value == 0.0
    assert any("ties" in text for text in median.reading("sign_slope").preconditions)


def test_signs_see_an_output_that_is_too_sharp() -> None:
    _, answers = edges(2, 32, torch.Generator(), s_px=3.0)
    measure = ResidualSigns()
    measure.update(x=ramp(answers.median_profile(), 40), ref=ramp(answers.mean_profile(), 40))
    balance, slope = measure.compute()
    assert balance.value == pytest.approx(0.0, abs=1e-12)
    assert slope.value < -0.2 and slope.high < 0.0


@pytest.mark.parametrize("s_px", [2.0, 6.0])
def test_jittered_edge_costs_are_as_one_to_root_two_to_two(s_px: float) -> None:
    """O1, T5, T6 through the measure; exact answers with pixels and borders, and the ratios of a fine grid."""
    images, answers = strips(5, s_px)
    outputs = {"mean": ramp(answers.mean_profile(), N), "median": ramp(answers.median_profile(), N)}
    outputs["draw"], _ = strips(6, s_px)
    error = {name: measure_pairs(images, output).reading("mse") for name, output in outputs.items()}
    for name, exact in (("mean", answers.l2_mse()), ("median", answers.l1_mse()), ("draw", answers.sample_mse())):
        assert error[name].value == pytest.approx(exact, rel=0.02), name
    pixels = answers.l1_mse() / answers.l2_mse() / math.sqrt(2.0)
    assert pixels == pytest.approx(1.0, rel=0.1 / s_px)
    assert error["median"].value / error["mean"].value == pytest.approx(math.sqrt(2.0) * pixels, rel=0.02)
    assert error["draw"].value / error["mean"].value == pytest.approx(2.0, rel=0.02)


def test_noise_use_of_edges_is_one_for_draws_and_zero_for_a_dirac() -> None:
    images, answers = strips(7, 4.0)
    draws = torch.stack([strips(seed, 4.0)[0] for seed in (8, 9, 10)])
    found = noise_use(images, draws)
    assert found.reading("noise_use").value == pytest.approx(1.0, rel=0.02)
    assert found.reading("conditional_variance").value == pytest.approx(answers.l2_mse(), rel=0.02)
    mean = ramp(answers.mean_profile(), N)
    dirac = noise_use(images, [mean, mean])
    assert dirac.reading("noise_use").value == 0.0 and dirac.reading("conditional_variance").value == 0.0


@pytest.mark.parametrize("k", [2, 3, 6])
def test_noise_use_per_band(k: int) -> None:
    """T11: noise scaled by w has rho w^2, in the bands that have it; the share of real power is w^2 S_vv / S_xx."""
    told = 0.5 + 0.05 * normal(400, 1, 16, 16, seed=11)
    left = 0.05
    fine = torch.hypot(torch.fft.fftfreq(16)[:, None], torch.fft.rfftfreq(16)[None, :]) >= 0.25
    ref = told + left * normal(400, 1, 16, 16, seed=12)
    noise = (left * normal(400, 1, 16, 16, seed=20 + s) for s in range(k))
    draws = [told + torch.fft.irfft2(torch.fft.rfft2(v) * torch.where(fine, 0.7, 0.3)) for v in noise]
    found = noise_use(ref, draws)
    assert found.draws == k
    for band in found.bands:
        exact = 0.49 if band.low >= 0.25 else 0.09
        if band.low > 1 / 16:  # the lowest octave has few bins
            assert band.values["noise_use"] == pytest.approx(exact, rel=0.06)
            assert band.values["conditional_share"] == pytest.approx(exact / 2, rel=0.06)
            low, high = band.intervals["noise_use"]
            assert low - 0.03 <= exact <= high + 0.03


def test_noise_use_of_parts_is_that_of_the_whole() -> None:
    ref = 0.5 + 0.05 * normal(40, 3, 16, 12, seed=30)
    draws = torch.stack([ref + 0.02 * normal(40, 3, 16, 12, seed=s) for s in (31, 32)])
    whole = noise_use(ref, draws)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    first, second = NoiseUse(), NoiseUse()
    first.update(draws[:, order[:7]], ref[order[:7]])
    second.update(draws[:, order[7:]], ref[order[7:]])
    both = NoiseUse().load_state(first.merge(second).state()).result()
    batched = noise_use(batches=[(ref[i : i + 9], draws[:, i : i + 9]) for i in range(0, 40, 9)])
    for other in (both, batched):
        for a, b in zip(whole.readings, other.readings, strict=True):
            assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), rel=1e-6)
        for band, again in zip(whole.bands, other.bands, strict=True):
            assert band.values == pytest.approx(again.values, rel=1e-5)


def test_what_noise_use_cannot_work_on() -> None:
    ref = torch.rand(4, 1, 16, 16)
    with pytest.raises(MeasureError, match="at least 2 outputs"):
        noise_use(ref, [ref])
    with pytest.raises(MeasureError, match="match in shape"):
        noise_use(ref, [ref, ref[:2]])
    with pytest.raises(MeasureError, match="at least 2 images"):
        noise_use(ref[:1], [ref[:1], ref[:1]])
    with pytest.raises(NoDataError):
        noise_use(batches=[])
    with pytest.raises(MeasureError, match="either"):
        noise_use(ref)
    exact = noise_use(ref, [ref, ref]).reading("noise_use")
    assert math.isnan(exact.value) and "nothing is left open" in exact.preconditions[-1]


def test_every_paired_reading_has_replicates_for_a_difference() -> None:
    ref = torch.rand(12, 1, 24, 24, generator=torch.Generator().manual_seed(2))
    x = 0.9 * ref + 0.1 * ref.roll(1, 0)
    a, b = measure_pairs(ref, 0.5 * x, perceptual=True), measure_pairs(ref, 0.6 * x, perceptual=True)
    names = {reading.name for reading in a.readings}
    assert {"ms_ssim", "perceptual_distance", "mse", "sign_balance", "averaging_gap"} <= names
    for name in names - {"sign_balance", "sign_slope"}:
        assert paired_difference(a, b, name).value == pytest.approx(a.reading(name).value - b.reading(name).value)
    assert "perceptual_distance" not in {reading.name for reading in measure_pairs(ref, ref * 0.5).readings}


def test_where_all_detail_comes_through_there_is_no_response_to_what_is_missing() -> None:
    ref = torch.rand(12, 1, 24, 24, generator=torch.Generator().manual_seed(2))
    for x in (ref, 0.5 * ref, 0.25 + 0.5 * ref):
        found = measure_pairs(ref, x).reading("response_index")
        assert math.isnan(found.value)
        assert any("all detail came through" in words for words in found.preconditions)
    slightly = measure_pairs(ref, 0.99 * ref + 0.01 * ref.roll(1, 0)).reading("response_index")
    assert math.isfinite(slightly.value)
