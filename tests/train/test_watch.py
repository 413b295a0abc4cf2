"""Watch-dogs on planted troubles: the right name, the right step, once; and silence where nothing is wrong."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from acutance.train import RULES, Rule, Warned, Watch

STEPS = 1_000
HEALTHY = {"rate_nats": 40.0, "logit_gap": 3.0, "spread": 0.9, "code_entropy": 0.9}
TROUBLE = {"rate_nats": 0.02, "logit_gap": 60.0, "spread": 0.05, "code_entropy": 0.02}

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def follow(values: list[float], term: str, player: str = "anyone") -> list[tuple[int, Warned]]:
    """All warnings, each with the step at which it was given."""
    watch = Watch(len(values))
    return [(step, warned) for step, value in enumerate(values) for warned in watch.see(step, player, {term: value})]


def collapse_at(rule: Rule, step: int) -> list[float]:
    return [(HEALTHY if now < step else TROUBLE)[rule.term] for now in range(STEPS)]


@every_rule
@pytest.mark.parametrize("began", [150, 400, 700])
def test_a_planted_collapse_is_reported_once_with_its_step(rule: Rule, began: int) -> None:
    ((said, warned),) = follow(collapse_at(rule, began), rule.term)
    assert (warned.name, warned.player, warned.step) == (rule.name, "anyone", began)
    assert not rule.low <= warned.value <= rule.high
    assert began < said <= began + 150
    assert f"{rule.name} since step {began} (anyone)" in str(warned)
    assert rule.advice in str(warned)


@every_rule
def test_a_slow_decline_is_dated_by_the_term_itself(rule: Rule) -> None:
    bound = rule.low if math.isfinite(rule.low) else rule.high
    line = np.interp(np.arange(STEPS), [0, 500], [HEALTHY[rule.term], TROUBLE[rule.term]])
    crossed = next(step for step, value in enumerate(line) if (value < bound) == math.isfinite(rule.low))
    ((_, warned),) = follow(line.tolist(), rule.term)
    assert warned.step == crossed


@every_rule
def test_noise_around_a_healthy_value_is_no_trouble(rule: Rule) -> None:
    noise = np.random.default_rng(0).lognormal(0, 0.5, STEPS)
    assert follow((HEALTHY[rule.term] * noise).tolist(), rule.term) == []


@every_rule
def test_a_single_odd_batch_is_no_trouble(rule: Rule) -> None:
    values = [HEALTHY[rule.term]] * STEPS
    values[500] = TROUBLE[rule.term]
    assert follow(values, rule.term) == []


@every_rule
def test_a_trouble_that_passes_within_patience_is_not_reported(rule: Rule) -> None:
    values = [HEALTHY[rule.term]] * STEPS
    values[500:530] = [TROUBLE[rule.term]] * 30
    assert follow(values, rule.term) == []


@every_rule
def test_what_is_wrong_at_the_start_only_is_not_reported(rule: Rule) -> None:
    values = [(TROUBLE if step < 40 else HEALTHY)[rule.term] for step in range(STEPS)]
    assert follow(values, rule.term) == []


@every_rule
def test_what_is_wrong_from_the_start_is_said_after_a_grace(rule: Rule) -> None:
    ((said, warned),) = follow([TROUBLE[rule.term]] * STEPS, rule.term)
    assert warned.step == 0
    assert said == pytest.approx(STEPS * (rule.grace + rule.patience), abs=1)


def test_noisy_collapse_is_dated_to_within_the_memory_of_the_mean() -> None:
    draw = np.random.default_rng(1)
    values = np.where(np.arange(STEPS) < 400, 40.0, 0.3) * draw.lognormal(0, 0.6, STEPS)
    ((_, warned),) = follow(values.tolist(), "rate_nats")
    assert 400 <= warned.step <= 500


def test_players_are_watched_apart() -> None:
    watch = Watch(STEPS)
    said = []
    for step in range(STEPS):
        said += watch.see(step, "left", {"spread": 0.9, "code_entropy": 0.9})
        said += watch.see(step, "right", {"spread": 0.9 if step < 300 else 0.01})
    assert [(warned.player, warned.step) for warned in said] == [("right", 300)]


def test_terms_that_no_rule_knows_are_let_by() -> None:
    assert follow([float("1e30")] * STEPS, "mse") == []


@pytest.mark.parametrize("cut", [399, 410, 450, 700])
def test_it_goes_on_from_its_state(cut: int) -> None:
    values = collapse_at(RULES[0], 400)
    whole, first = Watch(STEPS), Watch(STEPS)
    said = [w for step, value in enumerate(values) for w in whole.see(step, "p", {"rate_nats": value})]
    parts = [w for step in range(cut) for w in first.see(step, "p", {"rate_nats": values[step]})]
    second = Watch.restored(STEPS, json.loads(json.dumps(first.state())))
    parts += [w for step in range(cut, STEPS) for w in second.see(step, "p", {"rate_nats": values[step]})]
    assert parts == said
    assert second.state() == whole.state()
