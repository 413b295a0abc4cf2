"""Spectra against exact answers: T2, T7, T8, O4, O5."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure import measure_pairs, measure_samples, paired_difference
from acutance.measure._independence import independence_cost
from acutance.measure._plane import plane_for
from acutance.measure.paired_spectra import PairedSpectra


def frequencies(height: int, width: int) -> Tensor:
    fy, fx = torch.fft.fftfreq(height, dtype=torch.float64), torch.fft.rfftfreq(width, dtype=torch.float64)
    return torch.hypot(fy[:, None], fx[None, :])


def filtered(images: Tensor, gain: Tensor) -> Tensor:
    size = images.shape[-2:]
    return torch.fft.irfft2(torch.fft.rfft2(images.double()) * gain, s=size)


def gaussian(f: Tensor, sigma: float) -> Tensor:
    return torch.exp(-2 * math.pi**2 * sigma**2 * f**2)


def white(n: int, side: int, std: float = 0.08, seed: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return std * torch.randn(n, 1, side, side, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 4.0])
def test_gaussian_blur_has_its_gain_and_mtf50(sigma: float) -> None:
    ref = 0.5 + white(24, 256)
    found = measure_pairs(ref, filtered(ref, gaussian(frequencies(256, 256), sigma)), window="none")
    gain = next(c for c in found.curves if c.name == "gain")
    for f, value in zip(gain.frequency, gain.value, strict=True):
        exact = math.exp(-2 * math.pi**2 * sigma**2 * f**2)
        if exact > 0.05:
            assert value == pytest.approx(exact, rel=0.01), f
    assert found.reading("mtf50").value == pytest.approx(math.sqrt(math.log(2) / 2) / (math.pi * sigma), rel=0.02)
    assert found.reading("mtf50p").value == found.reading("mtf50").value, "nothing is sharpened"
    assert found.reading("blur_sigma_px").value == pytest.approx(sigma, rel=0.01)
    fine = torch.linspace(0.0, 0.5, 20001, dtype=torch.float64)
    exact_gain = gaussian(fine, sigma)
    assert found.reading("mtf_area").value == pytest.approx(float(exact_gain.mean()), rel=0.005)
    for curve in found.acutance:
        for px_per_degree, value in zip(curve.frequency, curve.value, strict=True):
            seen = (fine * px_per_degree) ** 0.8 * torch.exp(-0.2 * fine * px_per_degree)
            assert value == pytest.approx(float((seen * exact_gain).sum() / seen.sum()), rel=0.005)


def blur_oracle() -> Any:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "blur_oracle.py"
    spec = importlib.util.spec_from_file_location("blur_oracle", path)
    assert spec and spec.loader
    oracle: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    return oracle


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 4.0])
def test_gaussian_blur_of_photographs(sigma: float) -> None:
    """O4 under a window: on average over rings within .1 % of the exact gain, each within 1 %."""
    oracle = blur_oracle()
    found = oracle.row("photographs", oracle.photographs().double(), sigma)
    assert abs(found["gain_mean_error"]) < 0.001 and found["gain_worst_error"] < 0.01
    assert abs(found["mtf50_error"]) < 0.005 and abs(found["blur_sigma_error"]) < 0.001


def test_gaussian_blur_of_noise_that_is_cut_has_its_gain_under_a_window() -> None:
    """O4 and T18; without the correction the worst ring is 1.3 % off."""
    oracle = blur_oracle()
    found = oracle.row("noise", oracle.noise(), 4.0)
    assert found["gain_worst_error"] < 0.01 and abs(found["gain_mean_error"]) < 0.001
    assert found["rings_within_1_percent"] == found["rings"]


def cuts(side: int, sigma: float, n: int = 300) -> tuple[torch.Tensor, torch.Tensor]:
    """Squares cut out of larger fields of power f^-2, as photographs have: sharp, and blurred before they were cut."""
    f = frequencies(128, 128)
    red = filtered(white(n, 128, 0.2, 3), 1.0 / f.clamp(min=1 / 128) / 16) + 0.5
    inside = (..., slice(40, 40 + side), slice(40, 40 + side))
    return red[inside].clamp(0, 1), filtered(red, gaussian(f, sigma))[inside].clamp(0, 1)


@pytest.mark.parametrize("side", [16, 32, 48])
def test_what_reaches_its_border_has_a_window_below_64_px_too(side: int) -> None:
    """O4: without one the jump between opposite borders is most of the finest octave, sharp or blurred."""
    ref, x = cuts(side, 1.0)
    found = measure_pairs(ref, x)
    assert found.windowed
    assert found.reading("blur_sigma_px").value == pytest.approx(1.0, rel=0.03)
    assert found.reading("mtf50").value == pytest.approx(0.1874, rel=0.03)
    assert measure_pairs(ref, x, window="none").reading("blur_sigma_px").value < 0.93


@pytest.mark.parametrize(("sigma", "named"), [(4.0, False), (9.0, True)])
def test_a_blur_as_large_as_any_that_is_looked_for_is_said_to_be(sigma: float, named: bool) -> None:
    ref = 0.5 + white(40, 32, 0.1)
    blur = measure_pairs(ref, filtered(ref, gaussian(frequencies(32, 32), sigma))).reading("blur_sigma_px")
    assert any("may be larger" in words for words in blur.preconditions) is named
    assert blur.value == pytest.approx(min(sigma, 8.0), rel=0.02)


def test_what_does_not_reach_its_border_has_no_window_below_64_px() -> None:
    """Blank borders, white noise, and fields that go round, whose spectra a window would only smear."""
    blank, round_about = torch.zeros(40, 1, 32, 32), frequencies(32, 32).clamp(min=1 / 32)
    blank[..., 6:26, 6:26] = white(40, 20, 0.2) + 0.5
    for ref in (blank.clamp(0, 1), (0.5 + white(40, 32)).clamp(0, 1), filtered(white(40, 32), 0.1 / round_about) + 0.5):
        assert not measure_pairs(ref, 0.9 * ref).windowed


@pytest.mark.parametrize("parts", [1, 3, 61])
def test_all_references_together_say_whether_there_is_a_window(parts: int) -> None:
    """Not the first, which may be blank, and not those of one process."""
    ref, x = cuts(32, 1.0, n=60)
    ref, x = (torch.cat([torch.zeros(1, 1, 32, 32), images]) for images in (ref, x))
    whole, merged = PairedSpectra(), PairedSpectra()
    whole.update(x, ref)
    for some_x, some_ref in zip(x.tensor_split(parts), ref.tensor_split(parts), strict=True):
        part = PairedSpectra()
        part.update(some_x, some_ref)
        merged.merge(PairedSpectra().load_state(part.state()))
    assert whole.result().windowed and merged.result().windowed
    assert merged.result().reading("blur_sigma_px").value == pytest.approx(
        whole.result().reading("blur_sigma_px").value, rel=1e-9
    )
    assert whole.state().keys() == merged.state().keys()


def test_the_real_set_says_whether_there_is_a_window() -> None:
    real, fake = cuts(32, 1.0, n=40)[0], (0.5 + white(40, 32)).clamp(0, 1)
    assert measure_samples(real=real, fake=fake, effort="fast").windowed
    assert not measure_samples(real=fake, fake=real, effort="fast").windowed


def test_a_batch_of_another_size_is_refused_by_what_is_summed_in_two_ways() -> None:
    small, large = torch.rand(4, 1, 16, 16), torch.rand(4, 1, 64, 64)
    for first, second in ((small, large), (large, small)):
        measure, other = PairedSpectra(), PairedSpectra()
        measure.update(first, first)
        with pytest.raises(MeasureError, match="as before, got"):
            measure.update(second, second)
        other.update(second, second)
        with pytest.raises(MeasureError, match="as before, got"):
            measure.merge(other)


def test_rings_under_a_window_keep_the_coherence_below_one() -> None:
    """T18 corrects gain and detail ratio each by itself; a blur's coherence is 1 and nothing may be above."""
    ref = 0.5 + white(6, 64)
    found = measure_pairs(ref, filtered(ref, gaussian(frequencies(64, 64), 1.5)), window="hann")
    curves = {c.name: torch.tensor(c.value, dtype=torch.float64) for c in found.curves}
    assert float(curves["coherence"].max()) <= 1.0 + 1e-9 and float(curves["coherence"][:10].min()) > 0.995
    product = curves["coherence"] * curves["detail_ratio"]
    assert torch.allclose(curves["gain"].square(), product, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("shape", [(32, 32), (33, 47), (31, 64), (8, 8), (200, 96)], ids=str)
def test_identities_hold_exactly_at_every_shape(shape: tuple[int, int]) -> None:
    rng = torch.Generator().manual_seed(1)
    ref = torch.rand(20, 1, *shape, generator=rng)
    x = (0.6 * ref + 0.4 * torch.rand(20, 1, *shape, generator=rng)).clamp(0, 1)
    for band in measure_pairs(ref, x).bands:
        v = band.values
        assert v["gain"] ** 2 == pytest.approx(v["coherence"] * v["detail_ratio"], rel=1e-12)
        assert v["explained"] == pytest.approx(2 * v["gain"] - v["detail_ratio"], rel=1e-12)
        assert 1 - v["explained"] == pytest.approx(
            (1 - v["coherence"]) + (math.sqrt(v["coherence"]) - math.sqrt(v["detail_ratio"])) ** 2, rel=1e-9
        )
        assert v["gain"] == pytest.approx(v["averaging_slope"] * v["detail_ratio"], rel=1e-12)


@pytest.mark.parametrize("shape", [(16, 16), (17, 16), (16, 23), (21, 15)], ids=str)
def test_powers_are_those_of_a_full_transform(shape: tuple[int, int]) -> None:
    rng = torch.Generator().manual_seed(2)
    ref = torch.rand(7, 1, *shape, generator=rng, dtype=torch.float64)
    full = torch.fft.fft2(ref[:, 0] - ref[:, 0].mean(0))
    power = full.abs().square().sum(0) / 6
    f = torch.hypot(
        torch.fft.fftfreq(shape[0], dtype=torch.float64)[:, None], torch.fft.fftfreq(shape[1], dtype=torch.float64)
    )
    measure = PairedSpectra()
    measure.update(ref, ref)
    plane = plane_for(*shape, "auto")
    octaves = measure.chosen()._totals(7).spectrum.xx[0, len(plane.rings) :].reshape(-1, 3).sum(1)
    for (low, high), value in zip(plane.octaves, octaves, strict=True):
        assert value == pytest.approx(float(power[(f >= low) & (f < high)].sum()), rel=1e-6)


def test_octaves_stand_as_the_interface_says() -> None:
    octaves = [(b.low, b.high) for b in measure_pairs(torch.rand(4, 1, 32, 32), torch.rand(4, 1, 32, 32)).bands]
    assert octaves == [(1 / 32, 1 / 16), (1 / 16, 1 / 8), (1 / 8, 1 / 4), (1 / 4, 1 / 2)]


def test_linear_gaussian_vae_cells() -> None:
    """Every cell of T8 within 2 %: a decoder at water level s on a field with one variance per octave."""
    side, n, level = 32, 3000, 0.3
    f = frequencies(side, side)
    octave = torch.floor(torch.log2(f.clamp(min=1 / 64) * 2 * 16)).clamp(0, 3).long()
    spectrum = torch.tensor([4.0, 2.0, 1.0, 0.5], dtype=torch.float64)[octave]
    shrink = 1 - level / spectrum
    unit = 0.03
    x = filtered(white(n, side, unit, 3), spectrum.sqrt())
    mean = filtered(x, shrink)
    draw = mean + filtered(white(n, side, unit, 4), (level * shrink).sqrt())
    noise = draw + white(n, side, unit * math.sqrt(level), 5)
    for decoded, power, gain, coherence, mse in (
        (mean, lambda v: (v - level) ** 2 / v, lambda v: 1 - level / v, lambda v: 1.0, lambda v: level**2 / v),
        (draw, lambda v: v - level, lambda v: 1 - level / v, lambda v: 1 - level / v, lambda v: level),
        (noise, lambda v: v, lambda v: 1 - level / v, lambda v: (1 - level / v) ** 2, lambda v: 2 * level),
    ):
        for band, v in zip(measure_pairs(0.5 + x, 0.5 + decoded).bands, (4.0, 2.0, 1.0, 0.5), strict=True):
            assert band.values["detail_ratio"] == pytest.approx(power(v) / v, rel=0.02)
            assert band.values["gain"] == pytest.approx(gain(v), rel=0.02)
            assert band.values["coherence"] == pytest.approx(coherence(v), rel=0.02)
            assert 1 - band.values["explained"] == pytest.approx(mse(v) / v, rel=0.02)


def test_response_index_of_averager_inventor_and_blurrer() -> None:
    """T8: decode(z) averages (0), decoder noise on top invents all that is missing (1), decode(mean) over-smooths."""
    f = frequencies(32, 32)
    x = filtered(white(1500, 32, 0.03, 3), (0.05 / f.clamp(min=0.05)).sqrt())
    spectrum = 0.05 / f.clamp(min=0.05)
    level = 0.08
    shrink = (1 - level / spectrum).clamp(min=0)
    mean = filtered(x, shrink)
    draw = mean + filtered(white(1500, 32, 0.03, 4), (level * shrink).sqrt())
    noise = draw + white(1500, 32, 0.03 * math.sqrt(level), 5)
    index = {
        name: measure_pairs(0.5 + x, 0.5 + y).reading("response_index")
        for name, y in (("mean", mean), ("draw", draw), ("noise", noise))
    }
    assert index["draw"].value == pytest.approx(0.0, abs=0.02)
    assert index["draw"].low < 0.02 and index["draw"].high > -0.02
    assert index["noise"].value == pytest.approx(1.0, abs=0.02)
    assert index["mean"].high < -0.1


@pytest.mark.parametrize("slope", [1.0, 2.0])
def test_independence_cost_is_szegos(slope: float) -> None:
    """T7 for residual power f^-slope on 32 x 32: .087 and .479 nats per dimension, and a dense covariance agrees."""
    f = torch.hypot(torch.fft.fftfreq(32, dtype=torch.float64)[:, None], torch.fft.fftfreq(32, dtype=torch.float64))
    power = f.clamp(min=1 / 32) ** -slope
    value = independence_cost(power.flatten(), torch.full((1024,), 2.0, dtype=torch.float64), 10**9)
    assert value == pytest.approx({1.0: 0.087, 2.0: 0.479}[slope], abs=0.001)
    row = torch.fft.ifft2(power).real
    index = torch.arange(32)
    shift = (index[:, None] - index[None, :]) % 32
    dense = row[shift][:, :, shift].permute(0, 2, 1, 3).reshape(1024, 1024)
    exact = 0.5 * (math.log(float(dense.trace()) / 1024) - float(torch.linalg.slogdet(dense)[1]) / 1024)
    assert value == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("n", [40, 6000])
def test_independence_cost_is_unbiased_by_few_images(n: int) -> None:
    side = 32
    f = frequencies(side, side).clamp(min=1 / 32)
    residual = filtered(white(n, side, 0.02, 6), f**-0.5 / float((f**-0.5).max()))
    x = 0.5 + filtered(white(n, side, 0.05, 7), torch.ones_like(f))
    found = measure_pairs(x, x + residual).reading("independence_nats_per_dim")
    full = torch.hypot(torch.fft.fftfreq(side)[:, None], torch.fft.fftfreq(side)).double().clamp(min=1 / side)
    exact = 0.5 * float((1 / full).mean().log() - (1 / full).log().mean())
    assert found.value == pytest.approx(exact, rel=0.03 if n < 100 else 0.01)
    assert found.low < found.value < found.high


def test_independence_cost_of_images_of_unequal_power() -> None:
    """T20: a fifth of the images hold nearly all of the residual; without the jackknife it reads .05 too high."""
    side, n = 16, 120
    f = frequencies(side, side).clamp(min=1 / side)
    strength = torch.where(torch.arange(n) % 5 == 0, 1.0, 0.1).double()[:, None, None, None]
    residual = strength * filtered(white(n, side, 0.04, 6), f**-0.5 / float((f**-0.5).max()))
    x = 0.5 + white(n, side, 0.05, 7)
    found = measure_pairs(x, x + residual).reading("independence_nats_per_dim")
    full = torch.hypot(torch.fft.fftfreq(side)[:, None], torch.fft.fftfreq(side)).double().clamp(min=1 / side)
    exact = 0.5 * float((1 / full).mean().log() - (1 / full).log().mean())
    assert found.low < exact < found.high
    assert found.value == pytest.approx(exact, abs=0.012)
    assert any("stronger residuals" in words for words in found.preconditions)


def test_null_level_of_coherence() -> None:
    """O5: 1 / N per independent number; the real part over a cell has as many of them as the full plane has bins."""
    values = []
    for seed in range(12):
        found = measure_pairs(0.5 + white(50, 16, 0.08, seed), 0.5 + white(50, 16, 0.08, 100 + seed))
        values.append([band.values["coherence"] for band in found.bands])
    plane = plane_for(16, 16, "none")
    f = plane.frequency
    for k, (low, high) in enumerate(plane.octaves):
        bins = float(plane.multiplicity[(f >= low) & (f < high)].sum())
        assert np.mean([v[k] for v in values]) == pytest.approx(1 / (49 * bins), rel=0.9)


def test_a_shift_is_found_and_named() -> None:
    rng = torch.Generator().manual_seed(8)
    rough = filtered(torch.randn(40, 1, 64, 64, generator=rng), 1 / frequencies(64, 64).clamp(min=1 / 64))
    ref = (0.5 + 0.1 * rough / rough.std()).clamp(0, 1)
    fy = torch.fft.fftfreq(64, dtype=torch.float64)[:, None]
    fx = torch.fft.rfftfreq(64, dtype=torch.float64)[None, :]
    for down, right in ((0.0, 0.5), (-0.25, 0.0), (2.0, -3.5)):
        turn = torch.exp(-2j * math.pi * (fy * down + fx * right))
        moved = torch.fft.irfft2(torch.fft.rfft2(ref.double()) * turn, s=(64, 64)).clamp(0, 1)
        found = measure_pairs(ref, moved)
        assert found.reading("shift_down_px").value == pytest.approx(down, abs=0.03)
        assert found.reading("shift_right_px").value == pytest.approx(
            right, abs=0.06
        )  # the window pulls a large shift in by 1.5 %
        assert any("shifted by" in text for text in found.reading("mtf50").preconditions)


def test_no_shift_is_not_reported() -> None:
    ref = 0.5 + white(40, 32)
    found = measure_pairs(ref, filtered(ref, gaussian(frequencies(32, 32), 1.0)))
    shift = found.reading("shift_right_px")
    assert shift.low <= 0.002 and shift.high >= -0.002 and abs(shift.value) < 0.01
    assert not found.reading("mtf50").preconditions


def test_a_mean_image_is_no_detail() -> None:
    """The same bright picture behind every image changes nothing, though it holds far more power."""
    ref, out = white(60, 32, 0.02, 1), white(60, 32, 0.02, 2)
    out = 0.5 * ref + 0.5 * out
    behind = 0.3 * torch.rand(32, 32, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    plain, backed = measure_pairs(0.5 + ref, 0.5 + out), measure_pairs(0.3 + behind + ref, 0.3 + behind + out)
    for a, b in zip(plain.bands, backed.bands, strict=True):
        assert a.values == pytest.approx(b.values, rel=1e-4)


def test_unpaired_detail_ratio_and_its_floor() -> None:
    real, fake = 0.5 + white(600, 32, 0.08, 1), 0.5 + white(500, 32, 0.04, 2)
    found = measure_samples(real=real, fake=fake, features=lambda images: images.flatten(1)[:, :8])
    for band, floor in zip(found.bands, found.floor, strict=True):
        assert band.values["detail_ratio"] == pytest.approx(0.25, rel=0.05)
        low, high = floor.intervals["detail_ratio"]
        assert low < 1.0 < high or abs(floor.values["detail_ratio"] - 1) < 0.02


def test_paired_difference_is_tighter_than_the_two_intervals() -> None:
    rng = torch.Generator().manual_seed(5)
    ref = (0.5 + white(200, 32, 0.1, 1) * torch.rand(200, 1, 1, 1, generator=rng)).clamp(0, 1)
    f = frequencies(32, 32)
    a, b = (measure_pairs(ref, filtered(ref, gaussian(f, s)).clamp(0, 1)) for s in (1.0, 1.05))
    found = paired_difference(a, b, "psnr")
    assert found.value == pytest.approx(a.reading("psnr").value - b.reading("psnr").value)
    assert found.low > 0.0
    assert found.high - found.low < 0.2 * (a.reading("psnr").high - a.reading("psnr").low)
    with pytest.raises(ValueError, match="one set"):
        paired_difference(a, measure_pairs(ref[:100], ref[:100]), "psnr")
    with pytest.raises(ValueError, match="measure both alike"):
        paired_difference(a, measure_pairs(ref, ref * 0.9, window="hann"), "mtf50")
