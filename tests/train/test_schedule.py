from __future__ import annotations

import itertools

import pytest

from acutance.errors import ConfigError
from acutance.models import Recipe
from acutance.train._schedule import learning_rate

RECIPE = Recipe(images=10_000, batch_size=50, learning_rate=1e-3, warmup_images=1_000, final_rate=0.1)
STEPS = range(0, RECIPE.images, RECIPE.batch_size)


def test_it_rises_in_a_straight_line_from_above_zero() -> None:
    rates = [learning_rate(RECIPE, seen) for seen in range(0, 1_050, 50)]
    assert rates[0] > 0
    steps = [b - a for a, b in itertools.pairwise(rates)]
    assert steps == pytest.approx([rates[0]] * len(steps))
    assert rates[-1] == pytest.approx(RECIPE.learning_rate)


def test_it_falls_from_the_peak_to_the_final_rate() -> None:
    rates = [learning_rate(RECIPE, seen) for seen in STEPS]
    peak = rates.index(max(rates))
    assert peak * RECIPE.batch_size == RECIPE.warmup_images
    assert max(rates) == pytest.approx(RECIPE.learning_rate)
    assert all(b < a for a, b in itertools.pairwise(rates[peak:]))
    assert rates[-1] == pytest.approx(1e-4, rel=0.01)
    assert learning_rate(RECIPE, RECIPE.images) == pytest.approx(1e-4)


def test_half_way_down_it_is_half_way_between() -> None:
    assert learning_rate(RECIPE, 5_500) == pytest.approx((1e-3 + 1e-4) / 2)


def test_it_does_not_rise_again_behind_the_end() -> None:
    assert learning_rate(RECIPE, 20_000) == learning_rate(RECIPE, 10_000)


def test_without_warm_up_it_starts_at_the_peak() -> None:
    assert learning_rate(Recipe(warmup_images=0, learning_rate=2e-3), 0) == 2e-3


def test_a_warm_up_as_long_as_the_run_never_falls() -> None:
    recipe = Recipe(images=100, batch_size=10, warmup_images=100)
    rates = [learning_rate(recipe, seen) for seen in range(0, 100, 10)]
    assert all(a < b for a, b in itertools.pairwise(rates))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("images", 0),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("warmup_images", -1),
        ("final_rate", 1.5),
        ("clip_norm", -1.0),
        ("ema_half_life_images", float("nan")),
        ("precision", "fp16"),
        ("checkpoint_images", 0),
        ("log_images", 0),
        ("picture_images", -1),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused_by_name(option: str, value: object) -> None:
    with pytest.raises(ConfigError, match=option):
        Recipe(**{option: value})  # type: ignore[arg-type]
