"""Terms between two ticks: averaged, checked, watched, and carried over a stop."""

from __future__ import annotations

import json

import pytest
import torch

from acutance.errors import NonFiniteLoss, TrainingError
from acutance.train._terms import Terms


def terms() -> Terms:
    return Terms(100, lambda values: values)


def scalar(value: float) -> torch.Tensor:
    return torch.tensor(value)


def test_they_are_averaged_over_the_turns_that_had_them() -> None:
    kept = terms()
    kept.note(0, "critic", {"loss": scalar(1.0), "penalty": scalar(8.0)})
    kept.note(1, "critic", {"loss": scalar(3.0)})
    kept.settle()
    kept.note(2, "critic", {"loss": scalar(8.0)})
    kept.settle()
    assert kept.read() == ({"critic/loss": 4.0, "critic/penalty": 8.0}, ())
    assert kept.read() == ({}, ())


def test_players_are_kept_apart() -> None:
    kept = terms()
    kept.note(0, "critic", {"loss": scalar(1.0)})
    kept.note(0, "generator", {"loss": scalar(2.0)})
    kept.settle()
    assert kept.read()[0] == {"critic/loss": 1.0, "generator/loss": 2.0}


def test_nothing_noted_is_nothing_to_settle() -> None:
    kept = terms()
    kept.settle()
    assert kept.read() == ({}, ())


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_the_first_turn_that_is_not_finite_is_named(bad: float) -> None:
    kept = terms()
    kept.note(6, "critic", {"loss": scalar(1.0)})
    kept.note(7, "generator", {"loss": scalar(0.5), "spread": scalar(bad)})
    kept.note(8, "critic", {"loss": scalar(float("nan"))})
    with pytest.raises(
        NonFiniteLoss, match=r"step 7: the generator's loss .*loss = 0\.5, spread = -?(nan|inf)"
    ) as caught:
        kept.settle()
    assert isinstance(caught.value, TrainingError)
    assert "last checkpoint is good" in str(caught.value)


def test_what_is_noted_is_averaged_over_processes_once() -> None:
    calls: list[torch.Tensor] = []

    def average(values: torch.Tensor) -> torch.Tensor:
        calls.append(values)
        return values / 2

    kept = Terms(100, average)
    for step in range(5):
        kept.note(step, "critic", {"loss": scalar(4.0), "gap": scalar(2.0)})
    kept.settle()
    assert len(calls) == 1
    assert kept.read()[0] == {"critic/loss": 2.0, "critic/gap": 1.0}


def test_a_stop_between_ticks_changes_nothing() -> None:
    values = [0.1 * step for step in range(7)]
    whole, first, second = terms(), terms(), terms()
    for step, value in enumerate(values):
        whole.note(step, "p", {"loss": scalar(value), "rate_nats": scalar(0.0)})
    whole.settle()
    for step in range(3):
        first.note(step, "p", {"loss": scalar(values[step]), "rate_nats": scalar(0.0)})
    first.settle()
    second.restore(json.loads(json.dumps(first.state())))
    for step in range(3, 7):
        second.note(step, "p", {"loss": scalar(values[step]), "rate_nats": scalar(0.0)})
    second.settle()
    assert second.state() == whole.state()
    assert second.read() == whole.read()


def test_warnings_are_handed_out_once_even_over_a_stop() -> None:
    first, second = terms(), terms()
    for step in range(60):
        first.note(step, "p", {"rate_nats": scalar(0.0)})
    first.settle()
    second.restore(json.loads(json.dumps(first.state())))
    for kept in (first, second):
        assert [warned.name for warned in kept.read()[1]] == ["posterior collapse"]
        assert kept.read()[1] == ()
