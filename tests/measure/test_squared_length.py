"""The interval of a squared length that was seen with an error (T21)."""

from __future__ import annotations

import math

import pytest
import torch

from acutance.measure._bank import FeatureBank
from acutance.measure._frechet import Frechet
from acutance.measure._heavy_tails import excess_by_chance, gaussian_by_chance
from acutance.measure._squared_length import SquaredLength
from acutance.measure.frechet_distance import FrechetDistance
from acutance.measure.frechet_infinity import _SHARES, FrechetInfinity, _limit
from acutance.measure.kernel_distance import _FOR_THE_THIRD, _skewness_by_chance

SPREAD = torch.tensor([1.0, 0.5, 0.5, 0.2, 0.1, 0.1], dtype=torch.float64)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def seen(value: float, mean: torch.Tensor) -> SquaredLength:
    second, third = (c * float((SPREAD**k).sum()) for c, k in ((2.0, 2), (8.0, 3)))
    first = 4.0 * float(SPREAD @ mean.square())
    return SquaredLength(value, float(SPREAD.sum()), first, second, third, third / second)


@pytest.mark.parametrize("length", [0.0, 0.5, 2.0, 8.0])
def test_the_interval_holds_the_mean_as_often_as_it_says(length: float) -> None:
    mean = length * torch.tensor([0.6, 0.0, 0.48, 0.64, 0.0, 0.0], dtype=torch.float64)
    values = (mean + SPREAD.sqrt() * normal(300, 6, seed=int(8 * length))).square().sum(1)
    truth = float(mean.square().sum() + SPREAD.sum())
    ends = torch.tensor([seen(float(value), mean).interval() for value in values], dtype=torch.float64)
    beside = float((ends[:, 0] > truth).double().mean()), float((ends[:, 1] < truth).double().mean())
    assert max(beside) < 0.055 and 0.01 < sum(beside) < 0.085, "2.5 % are expected on either side"


def test_the_interval_has_the_unit_of_the_length() -> None:
    plain = SquaredLength(3.0, 2.0, 1.5, 0.7, 0.9, 0.9 / 0.7)
    scaled = SquaredLength(30.0, 20.0, 150.0, 70.0, 900.0, 9.0 / 0.7)
    assert scaled.interval() == pytest.approx([10.0 * end for end in plain.interval()], rel=1e-9)


def test_the_interval_is_the_value_where_nothing_varies_and_normal_far_away() -> None:
    assert SquaredLength(3.0, 0.0, 0.0, 0.0, 0.0, 0.0).interval() == (3.0, 3.0)
    low, high = SquaredLength(1e6, 0.0, 1.0, 1e-6, 1e-9, 1e-3).interval()
    assert [low - 1e6, high - 1e6] == pytest.approx([-1.96, 1.96], abs=0.01)


def test_an_interval_of_chance_alone_is_longer_above() -> None:
    low, high = seen(float(SPREAD.sum()), torch.zeros(6, dtype=torch.float64)).interval()
    assert low < float(SPREAD.sum()) < high and high - float(SPREAD.sum()) > 1.2 * (float(SPREAD.sum()) - low)


def test_nested_shares_vary_together_as_their_common_part() -> None:
    """The variance and the asymmetry of the limit, against repeats of |mean of the first share|^2."""
    shares = torch.tensor(_SHARES, dtype=torch.float64)
    lean = 1.0 / shares - (1.0 / shares).mean()
    weights = 1.0 / len(shares) - (1.0 / shares).mean() * lean / lean.square().sum()
    n, mean = 20, torch.tensor([0.7, 0.2], dtype=torch.float64)
    spread = torch.tensor([1.0, 0.4], dtype=torch.float64)
    images = mean + (n * spread).sqrt() * normal(200_000, n, 2, seed=4)
    lengths = torch.stack([images[:, : round(s * n)].mean(1).square().sum(1) for s in _SHARES], 1) @ weights
    second, third = (c * float((spread**k).sum()) for c, k in ((2.0, 2), (8.0, 3)))
    first = 4.0 * float(spread @ mean.square())
    influence = torch.tensor([1.0, -1.0], dtype=torch.float64) * math.sqrt(first + 2 * second)
    found = _limit(0.0, Frechet(0.0, influence, 0.0 * influence, 0.0, second, third), 1.0, weights)
    assert found.first + found.second == pytest.approx(float(lengths.var()), rel=0.02)
    asymmetry = 24.0 * float(spread.square() @ mean.square()) * found.bend / 1.5 * (found.first / first) ** 2
    assert float((lengths - lengths.mean()).pow(3).mean()) == pytest.approx(asymmetry, rel=0.25)


@pytest.mark.parametrize("sizes", [(3 * _FOR_THE_THIRD, 3 * _FOR_THE_THIRD), (2 * _FOR_THE_THIRD, 100)])
def test_skewness_by_chance_is_that_of_the_kernels_own_features(sizes: tuple[int, int]) -> None:
    """(x y + 1)^3 is the inner product of (1, sqrt 3 x, sqrt 3 x^2, x^3)."""
    real, fake = (torch.sin(normal(size, 1, seed=s)) + 0.2 * s for s, size in enumerate(sizes))
    root = math.sqrt(3.0)
    maps = [torch.cat([root * x, root * x**2, x**3], 1) for x in (real, fake)]
    spread = torch.linalg.eigvalsh(sum((torch.cov(m.T) / len(m) for m in maps), torch.zeros(3, 3, dtype=torch.float64)))
    exact = 8.0 * float((spread**3).sum()) / (2.0 * float(spread.square().sum())) ** 1.5
    assert _skewness_by_chance(real, fake) == pytest.approx(exact, rel=0.1)


def by_chance_over_axes(real: torch.Tensor, fake: torch.Tensor) -> tuple[float, torch.Tensor]:
    """The variance by chance of T14's kernel, written out, and the eigenvalues."""
    sets = [rows - rows.mean(0) for rows in (real, fake)]
    both = torch.cat(sets)
    values, axes = torch.linalg.eigh(both.T @ both / (len(both) - 2))
    maps = []
    for rows in sets:
        x = rows @ axes
        squares = (x[:, :, None] * x[:, None] / (2.0 * (values[:, None] + values)).sqrt()).flatten(1)
        maps.append(torch.cat([x, squares - squares.mean(0)], 1) / len(rows))
    kernel = torch.cat(maps) @ torch.cat(maps).T
    return 2.0 * float((kernel - kernel.diagonal().diag()).square().sum()), values


def test_heavy_tails_raise_what_is_by_chance_as_the_kernel_says() -> None:
    real, fake = ((0.7 * normal(n, 6, seed=n)).exp() for n in (90, 120))
    found, values = by_chance_over_axes(real, fake)
    expected = found / gaussian_by_chance(values, 1 / 90 + 1 / 120)[1]
    assert expected > 2.0, "these tails are heavy"
    assert excess_by_chance(real, fake) == pytest.approx(expected, rel=0.01)


def test_gaussian_samples_are_not_taken_for_others() -> None:
    for seed, (n, d) in enumerate([(200, 8), (120, 40), (60, 200)]):
        spread = torch.linspace(0.1, 1.0, d, dtype=torch.float64)
        assert excess_by_chance(*(spread * normal(n, d, seed=seed + 100 * side) for side in range(2))) < 1.4


def test_sets_without_variation_have_no_tails() -> None:
    assert excess_by_chance(torch.zeros(10, 4), torch.zeros(9, 4)) == 1.0


def test_heavy_tails_are_named_beside_the_distances() -> None:
    bank, light = FeatureBank(), FeatureBank()
    for role, seed in (("real", 1), ("fake", 2)):
        light.add(role, normal(300, 5, seed=seed))  # type: ignore[arg-type]
        bank.add(role, (0.9 * normal(300, 5, seed=seed)).exp())  # type: ignore[arg-type]
    for measure in (FrechetDistance, FrechetInfinity):
        for words in ("heavy tails", "a few images make most of its variance"):
            assert any(words in why for reading in measure(bank).compute() for why in reading.preconditions)
            assert not any(words in why for reading in measure(light).compute() for why in reading.preconditions)


def test_equal_images_count_as_many_as_there_are() -> None:
    """T14: +-1 as well as normal numbers; one that adds as much as all others together counts nearly alone."""
    equal = torch.tensor([1.0, -1.0], dtype=torch.float64).repeat(50)
    assert Frechet(0.0, equal, equal, 0.0, 0.0, 0.0).images == pytest.approx(200.0)
    drawn = normal(20_000, 1, seed=3)[:, 0]
    assert Frechet(0.0, drawn, drawn, 0.0, 0.0, 0.0).images == pytest.approx(40_000, rel=0.1)
    lone = torch.zeros(100, dtype=torch.float64)
    lone[0] = 1.0
    assert Frechet(0.0, lone, 0.01 * equal, 0.0, 0.0, 0.0).images < 1.1
    assert Frechet(0.0, 0.0 * equal, 0.0 * equal, 0.0, 0.0, 0.0).images == math.inf
