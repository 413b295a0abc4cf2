"""The test on spectra, the blur effect, and the F distribution, against exact answers and other libraries."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure import MEASURES, Reading
from acutance.measure._moments import Batch, powers_of
from acutance.measure._plane import plane_for
from acutance.measure._workspace import Workspace
from acutance.measure.blur_effect import blur_effect
from acutance.measure.spectrum_test import hotelling, length_interval
from acutance.stats import f_tail


def fields(n: int, side: int, seed: int, slope: float = 1.0, channels: int = 1) -> Tensor:
    """Gaussian fields of power f^-2 slope; each image has a contrast of its own."""
    rng = torch.Generator().manual_seed(seed)
    f = torch.hypot(torch.fft.fftfreq(side)[:, None], torch.fft.rfftfreq(side)[None, :]).clamp(min=1 / side)
    white = torch.fft.rfft2(torch.randn(n, channels, side, side, generator=rng))
    rough = torch.fft.irfft2(white * f**-slope, s=(side, side))
    contrast = torch.exp(0.5 * torch.randn(n, 1, 1, 1, generator=rng))
    return 0.5 + 0.02 * contrast * rough / (f ** (-2 * slope)).mean().sqrt()


def spectrum_readings(real: Tensor, fake: Tensor) -> dict[str, Reading]:
    measure = MEASURES.load("spectrum_test")()
    measure.update(real=real.clamp(0, 1), fake=fake.clamp(0, 1))
    return {reading.name: reading for reading in measure.compute()}


@pytest.mark.parametrize("value", [1e-300, 0.01, 0.5, 1.0, 2.5, 40.0, 1000.0, 1e300])
@pytest.mark.parametrize("degrees", [(1, 1.5), (3, 10.0), (12, 7.3), (21, 150.0), (15, 20000.0), (40, 1.0)])
def test_f_tail_is_that_of_scipy(value: float, degrees: tuple[float, float]) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert f_tail(value, *degrees) == pytest.approx(float(stats.f.sf(value, *degrees)), rel=1e-9, abs=1e-280)


@pytest.mark.parametrize(("sizes", "side"), [((40, 40), 16), ((200, 50), 32), ((60, 300), 16)], ids=str)
def test_the_spectrum_test_keeps_its_level(sizes: tuple[int, int], side: int) -> None:
    """O5: two sets of one population; p is uniform, so 5 % fall below .05: of 200, 2 to 20 (one in 10,000 beyond)."""
    population = fields(4000, side, seed=1)
    rng = torch.Generator().manual_seed(2)
    values = []
    for _ in range(200):
        chosen = population[torch.randperm(4000, generator=rng)[: sum(sizes)]]
        values.append(spectrum_readings(chosen[: sizes[0]], chosen[sizes[0] :])["spectrum_test_p"].value)
    assert 2 <= sum(p < 0.05 for p in values) <= 20
    assert 0.42 < float(np.mean(values)) < 0.58


@pytest.mark.parametrize("size", [(32, 32), (33, 48), (64, 64)])
def test_white_noise_has_one_unit_of_power_in_each_bin(size: tuple[int, int]) -> None:
    """What the spectrum test takes rounding for, in rings and in each octave and direction."""
    plane = plane_for(*size, "auto")
    noise = torch.randn(4000, 1, *size, generator=torch.Generator().manual_seed(5))
    power = powers_of(Batch(plane, noise, "luma", Workspace())).mean(0) / (size[0] * size[1])
    assert power.numpy() == pytest.approx(plane.bins.numpy(), rel=0.08)
    assert float(plane.bins[: len(plane.rings)].sum()) == pytest.approx(
        int((torch.hypot(*torch.meshgrid(*map(torch.fft.fftfreq, size), indexing="ij")) < 0.5).sum()) - 1, abs=4
    )


def test_the_spectrum_test_has_power() -> None:
    real = fields(150, 32, seed=3)
    assert spectrum_readings(real, fields(150, 32, seed=4, slope=1.05))["spectrum_test_p"].value < 1e-6
    blurred = torch.nn.functional.avg_pool2d(fields(150, 32, seed=5), 2, stride=1, padding=1)[:, :, :32, :32]
    assert spectrum_readings(real, blurred)["spectrum_test_p"].value < 1e-12
    assert spectrum_readings(real, fields(150, 32, seed=6))["spectrum_test_p"].value > 1e-3


def test_the_gap_of_spectra_is_in_decibels() -> None:
    real = fields(200, 32, seed=7)
    halved = 0.5 + 0.5 * (fields(200, 32, seed=8) - 0.5)
    found = spectrum_readings(real, halved)["spectrum_gap_db"]
    assert found.low < 20 * math.log10(2) < found.high
    assert found.value == pytest.approx(20 * math.log10(2), rel=0.12)
    assert spectrum_readings(real, fields(200, 32, seed=9))["spectrum_gap_db"].value < 0.5


def test_hotelling_of_one_number_is_welchs_test() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=12), 0.4 + 3.0 * rng.normal(size=30)
    spreads = [np.array([[v.var(ddof=1) / len(v)]]) for v in (a, b)]
    exact = stats.ttest_ind(a, b, equal_var=False).pvalue
    assert hotelling(np.array([a.mean() - b.mean()]), spreads, [11, 29]) == pytest.approx(float(exact), rel=1e-9)


def test_too_few_images_for_a_test_are_named() -> None:
    found = spectrum_readings(fields(3, 64, seed=1), fields(3, 64, seed=2))["spectrum_test_p"]
    assert math.isnan(found.value) and any("too few images" in text for text in found.preconditions)
    with pytest.raises(MeasureError, match="at least 2 fake images"):
        spectrum_readings(fields(3, 16, seed=1), fields(1, 16, seed=2))


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (8, 21), (200, 64)], ids=str)
def test_blur_effect_is_that_of_scikit_image(size: tuple[int, int]) -> None:
    reference = pytest.importorskip("skimage.measure").blur_effect
    images = torch.rand(4, *size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    smooth = torch.nn.functional.avg_pool2d(images, 3, stride=1, padding=1)
    for batch in (images, smooth, images[:, :1].expand(4, *size).contiguous()):
        exact = [float(reference(image.numpy(), h_size=11)) for image in batch]
        assert blur_effect(batch).tolist() == pytest.approx(exact, rel=1e-9)


def test_blur_effect_rises_with_blur_and_counts_flat_images_as_blurred() -> None:
    real = fields(20, 32, seed=1).clamp(0, 1)
    measure = MEASURES.load("blur_effect")()
    measure.update(real=real, fake=torch.cat([torch.nn.functional.avg_pool2d(real, 3, 1, 1), real * 0 + 0.5]))
    fake, reference = measure.compute()
    assert fake.value > 0.5 + 0.5 * reference.value
    assert fake.low < fake.value < fake.high


def test_interval_of_a_length_holds_it() -> None:
    """T19, where one direction is seen with far more error than the others, as the brightness of images is."""
    rng = np.random.default_rng(0)
    variance, truth = np.array([0.001, 0.002, 0.01, 0.6]), np.array([0.5, 0.3, 0.0, 0.2])
    seen = truth + np.sqrt(variance) * rng.standard_normal((400, 4))
    ends = np.array([length_interval(row, np.diag(variance)) for row in seen])
    held = np.mean((ends[:, 0] <= truth @ truth) & (truth @ truth <= ends[:, 1]))
    assert 0.92 < held < 0.99
    assert length_interval(np.zeros(4), np.diag(variance))[0] == 0.0
