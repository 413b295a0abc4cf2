"""The estimate of a dry run: measured seconds, brought to this machine's speed."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_cells import Number

from acutance.claims import Cell, Plan, Scene, Store, asked_claims, cost_of, plan_for
from acutance.claims import _cost as cost


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of another machine, on which a training step took half as long as here."""
    monkeypatch.setattr(cost, "_recorded", lambda: ({"number": 7.0}, 0.010))
    monkeypatch.setattr(cost, "probe_seconds", lambda: 0.020)


def plan(*cells: Cell) -> Plan:
    return Plan({cell.key: cell for cell in cells})


@pytest.mark.usefixtures("there")
def test_a_record_is_brought_to_this_machines_speed(tmp_path: Path) -> None:
    found = cost_of(plan(Number(seed=0), Number(seed=1)), Store(tmp_path))
    assert (found.seconds, found.cells, found.unknown, found.finished) == (28.0, 2, 0, 0)


@pytest.mark.usefixtures("there")
def test_what_was_timed_here_counts_more_and_what_is_finished_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, done = Store(tmp_path), Number(seed=0)
    store.perform(done)
    monkeypatch.setattr(Store, "seconds", lambda self, cell: 3.0)
    found = cost_of(plan(done, Number(seed=1)), store)
    assert (found.seconds, found.cells, found.finished) == (3.0, 1, 1)


def test_what_was_never_timed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "_recorded", lambda: ({}, 0.0))
    found = cost_of(plan(Number(seed=0)), Store(tmp_path))
    assert (found.seconds, found.unknown) == (0, 1)


def test_the_probe_is_a_training_and_leaves_the_hidden_stream_alone() -> None:
    import torch

    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    assert cost.probe_seconds() > 0
    assert torch.equal(torch.rand(1), wanted)


def test_cells_of_one_title_differ_in_their_seed_or_size_only() -> None:
    claims = asked_claims([])
    first, second = (plan_for(claims, Scene(seeds=(seed,))).cells.values() for seed in (0, 1))
    assert [cell.title for cell in first] == [cell.title for cell in second]
    brief = plan_for(claims, Scene(seeds=(0,), effort=0.01)).cells.values()
    trained = {cell.title for cell in first if "images" in cell.title}
    assert not trained & {cell.title for cell in brief}
