"""Effects, their intervals and what is decided."""

from __future__ import annotations

import math

import numpy as np
import pytest

from acutance.claims._statistics import ALPHA, Bound, Effect, decide, effect_of
from acutance.stats import mean_interval


def rows(value: float, spread: float = 0.0, seed: int = 0, replicates: int = 256) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(replicates)
    return np.r_[value, value + spread * noise] if spread else np.array([value])


def sharp(value: float, error: float = 0.01) -> Effect:
    return Effect(value=value, of_seeds=error**2, of_images=0.0, seeds=5)


def test_without_replicates_the_interval_is_students() -> None:
    values = [0.31, 0.29, 0.35, 0.30, 0.33]
    low, high = effect_of([rows(v) for v in values]).interval()
    assert (low, high) == pytest.approx(mean_interval(np.array(values))[1:], rel=1e-9)


def test_images_and_seeds_both_widen_it() -> None:
    values = [0.31, 0.29, 0.35, 0.30, 0.33]
    seeds = effect_of([rows(v) for v in values])
    both = effect_of([rows(v, 0.02, seed=7) for v in values])
    assert both.value == seeds.value
    assert both.error == pytest.approx(math.hypot(seeds.error, 0.02), rel=0.1)


def test_images_are_the_same_for_every_seed_so_more_seeds_do_not_shrink_their_share() -> None:
    few, many = (effect_of([rows(0.3, 0.02, seed=7) for _ in range(count)]) for count in (2, 8))
    assert many.error == pytest.approx(few.error, rel=1e-9)


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize(("of_seeds", "of_images"), [(0.05, 0.01), (0.05, 0.03), (0.02, 0.05)])
def test_the_interval_holds_what_it_says(seeds: int, of_seeds: float, of_images: float) -> None:
    draw = np.random.default_rng(0)
    held = 0
    for _ in range(600):
        off = of_images * draw.standard_normal()
        values = 1.0 + off + of_seeds * draw.standard_normal(seeds)
        made = Effect(value=values.mean(), of_seeds=values.var(ddof=1) / seeds, of_images=of_images**2, seeds=seeds)
        low, high = made.interval()
        held += low <= 1.0 <= high
    assert 0.93 <= held / 600 <= 0.995


def test_the_p_value_at_the_interval_s_end_is_the_one_it_is_made_for() -> None:
    for effect in (sharp(0.3), Effect(value=0.3, of_seeds=1e-4, of_images=3e-4, seeds=2)):
        low, high = effect.interval()
        assert effect.above(low) == pytest.approx(0.025, rel=1e-3)
        assert effect.below(high) == pytest.approx(0.025, rel=1e-3)
        assert effect.above(effect.value) == pytest.approx(0.5, abs=1e-6)


def test_one_seed_decides_nothing() -> None:
    effect = effect_of([rows(10.0, 0.001)])
    assert all(map(math.isnan, effect.interval()))
    assert decide([(effect, Bound(low=0.0))])[0].outcome == "undecided"


@pytest.mark.parametrize(
    ("value", "bound", "outcome"),
    [
        (1.0, Bound(low=0.5), "holds"),
        (0.2, Bound(low=0.5), "fails"),
        (0.51, Bound(low=0.5), "undecided"),
        (0.2, Bound(high=0.5), "holds"),
        (1.0, Bound(0.9, 1.1), "holds"),
        (1.4, Bound(0.9, 1.1), "fails"),
        (0.6, Bound(0.9, 1.1), "fails"),
        (1.1, Bound(0.9, 1.1), "undecided"),
    ],
)
def test_what_is_decided(value: float, bound: Bound, outcome: str) -> None:
    assert decide([(sharp(value), bound)])[0].outcome == outcome


def test_a_statement_and_its_opposite_are_never_both_decided_for() -> None:
    for value in np.linspace(-0.1, 0.1, 21):
        up, down = (decide([(sharp(float(value)), bound)])[0] for bound in (Bound(low=0.0), Bound(high=0.0)))
        assert {up.outcome, down.outcome} in ({"undecided"}, {"holds", "fails"})
        assert up.p == pytest.approx(down.p)


def test_holm_multiplies_the_smallest_by_all_and_never_falls() -> None:
    effects = [sharp(0.5 + 0.01 * t) for t in (3.0, 9.0, 5.0)]
    alone = [decide([(effect, Bound(low=0.5))])[0].p for effect in effects]
    together = [decision.p for decision in decide([(effect, Bound(low=0.5)) for effect in effects])]
    assert together[1] == pytest.approx(3 * alone[1])
    assert together[2] == pytest.approx(2 * alone[2])
    assert together[0] == pytest.approx(max(alone[0], together[2]))


def test_of_many_true_borders_few_are_called() -> None:
    """With every true effect on its bound, at least one of eight is decided in at most about 5 % of repeats."""
    draw = np.random.default_rng(1)
    wrong = 0
    for _ in range(80):
        tested = [(effect_of([rows(v) for v in draw.standard_normal(5)]), Bound(low=0.0)) for _ in range(8)]
        wrong += any(decision.outcome != "undecided" for decision in decide(tested))
    assert wrong / 80 <= ALPHA + 0.05


def test_words() -> None:
    assert [bound.words() for bound in (Bound(low=0.2), Bound(high=0.2), Bound(0.9, 1.1))] == [
        "above 0.2",
        "below 0.2",
        "0.9 to 1.1",
    ]
