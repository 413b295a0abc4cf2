"""Intervals, bootstrap weights, content keys and the door."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from acutance.errors import MeasureError
from acutance.measure import measure_pairs
from acutance.measure._keys import SKETCH, content_keys, shared_share, sketch
from acutance.stats import (
    REPLICATES,
    effective_n,
    mean_interval,
    percentile_interval,
    poisson_weights,
    share_interval,
    student_quantile,
)


def test_weights_are_poisson_and_independent() -> None:
    keys = content_keys(torch.rand(4000, 1, 8, 8, generator=torch.Generator().manual_seed(0)))
    weights = poisson_weights(keys)
    assert weights.shape == (4000, 1 + REPLICATES) and (weights[:, 0] == 1).all()
    draws = weights[:, 1:]
    for value in range(5):
        assert (draws == value).mean() == pytest.approx(math.exp(-1) / math.factorial(value), rel=0.02)
    correlation = np.corrcoef(draws[:, :40].T)
    assert np.abs(correlation - np.eye(40)).max() < 5 / 4000**0.5
    assert np.abs(np.corrcoef(draws[:40])[0, 1:]).max() < 5 / REPLICATES**0.5


def test_keys_name_content_and_nothing_else() -> None:
    images = torch.rand(50, 3, 9, 7, generator=torch.Generator().manual_seed(1))
    keys = content_keys(images)
    assert len(set(keys.tolist())) == 50
    assert (content_keys(images[13:14]) == keys[13]).all()
    assert (content_keys((images * 255).round() / 255) == keys).all()
    binary = (torch.rand(2000, 1, 16, 16, generator=torch.Generator().manual_seed(2)) > 0.99).float()
    distinct = len({image.numpy().tobytes() for image in binary})
    assert len(set(content_keys(binary).tolist())) == distinct


def test_sketches_estimate_what_is_shared() -> None:
    rng = np.random.default_rng(0)
    pool = rng.integers(0, 2**64, 40_000, dtype=np.uint64)
    assert shared_share(sketch(pool[:1000]), sketch(pool[750:3000])) == pytest.approx(0.25)
    a, b = sketch(pool[:15_000], pool[15_000:20_000]), sketch(pool[16_000:36_000])
    assert len(a) == SKETCH and shared_share(a, b) == pytest.approx(0.2, abs=0.03)
    assert shared_share(a, sketch()) == 0.0


@pytest.mark.parametrize(
    ("degrees", "exact"),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (5, 2.5706), (9, 2.2622), (30, 2.0423), (1000, 1.9623)],
)
def test_student_quantiles(degrees: int, exact: float) -> None:
    assert student_quantile(0.975, degrees) == pytest.approx(exact, rel=2e-4)
    assert student_quantile(0.025, degrees) == pytest.approx(-exact, rel=2e-4)


def test_mean_intervals_cover() -> None:
    rng = np.random.default_rng(1)
    held = [low <= 0 <= high for _, low, high in (mean_interval(rng.standard_normal(5)) for _ in range(1000))]
    assert 0.93 <= np.mean(held) <= 0.97
    assert mean_interval(np.array([2.0]))[0] == 2.0


def test_interval_of_a_share_is_the_published_one() -> None:
    """Wilson 1927: the shares from which what was found is 1.96 standard errors away."""
    assert share_interval(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert share_interval(1.0, 20) == pytest.approx((0.8389, 1.0), abs=1e-4)
    for share, n in ((0.3, 7.5), (299 / 300, 300.0)):
        for end in share_interval(share, n):
            assert abs(share - end) == pytest.approx(1.959964 * (end * (1 - end) / n) ** 0.5, rel=1e-5)


@pytest.mark.parametrize("spread", [0.0, 0.3, 1.0])
def test_replicates_know_as_how_many_equal_images_those_count(spread: float) -> None:
    """Kish's size, within what 256 replicates allow (T22)."""
    size = np.exp(spread * np.random.default_rng(0).standard_normal(400))
    counts = poisson_weights(np.arange(400, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    means = counts.T @ size / counts.sum(0)
    assert effective_n(means, 400) == pytest.approx(size.sum() ** 2 / np.square(size).sum(), rel=0.2)


def test_few_that_hold_all_count_as_two_and_make_intervals_wide() -> None:
    size = np.full(100, 1e-6)
    size[0] = 1.0
    counts = poisson_weights(np.arange(100, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    assert effective_n(counts.T @ size / counts.sum(0), 100) == 2.0
    assert effective_n(np.zeros(257), 100) == 100.0
    draws = np.random.default_rng(1).standard_normal(REPLICATES)
    few, many = (percentile_interval(draws, n) for n in (10.0, 100.0))
    assert few[0] < many[0] < many[1] < few[1]


def test_intervals_without_enough_replicates_are_not_a_number() -> None:
    low, high = percentile_interval(np.full((REPLICATES, 2), np.nan), 10)
    assert np.isnan(low).all() and np.isnan(high).all()


def test_paired_intervals_cover_the_truth() -> None:
    """120 sets of 40 images whose detail is halved and disturbed; the long run stands in docs/precision.md."""
    rng = torch.Generator().manual_seed(3)
    held = {"gain": 0, "detail_ratio": 0}
    for _ in range(120):
        x = 0.06 * torch.randn(40, 1, 8, 8, generator=rng)
        r = 0.5 * x + 0.03 * torch.randn(40, 1, 8, 8, generator=rng)
        found = measure_pairs((0.5 + x).clamp(0, 1), (0.5 + r).clamp(0, 1)).bands[-1]
        for name, truth in (("gain", 0.5), ("detail_ratio", 0.5)):
            low, high = found.intervals[name]
            held[name] += low <= truth <= high
    assert all(0.90 <= count / 120 <= 0.99 for count in held.values()), held


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (torch.zeros(2, 8, 8), r"\(N, C, H, W\)"),
        (torch.zeros(2, 1, 8, 8, dtype=torch.uint8), "divide 8-bit images by 255"),
        (torch.full((2, 1, 8, 8), 2.0), "rescale or clamp"),
        (torch.full((2, 1, 8, 8), -0.5), "rescale or clamp"),
        (torch.full((2, 1, 8, 8), math.nan), "NaN"),
        (torch.rand(2, 4, 8, 8), "drop alpha"),
        (torch.rand(2, 1, 4, 8), "at least 8 px"),
        (torch.rand(1, 1, 8, 8), "at least 2 pairs"),
        (torch.full((5, 1, 8, 8), 0.5), "all the same"),
    ],
)
def test_the_door_says_what_is_wrong(images: torch.Tensor, words: str) -> None:
    with pytest.raises(MeasureError, match=words):
        measure_pairs(images, images)


def test_channels_one_by_one_and_a_large_image() -> None:
    x = torch.rand(3, 4, 16, 16, generator=torch.Generator().manual_seed(4))
    assert measure_pairs(x, x * 0.5, channels="each").bands[0].values["gain"] == pytest.approx(0.5, rel=1e-6)
    large = torch.rand(2, 1, 1024, 1024, generator=torch.Generator().manual_seed(5))
    found = measure_pairs(large, 0.25 + 0.5 * large)
    assert found.windowed and found.bands[-1].values["gain"] == pytest.approx(0.5, rel=1e-5)
    assert found.reading("psnr").preconditions == ("only 2 images: intervals are rough below 30",)
