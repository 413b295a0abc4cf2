"""Cells, the store, and the executors: nothing is run twice, and a killed worker is outlived."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest
from toy_cells import Deadly, Number, Refusing

from acutance.claims import Cell, LocalExecutor, Plan, Store
from acutance.claims._executor import Executor, Lost, carry_out
from acutance.errors import ConfigError, TrainingError


def plan(*cells: Cell) -> Plan:
    return Plan({cell.key: cell for cell in cells})


class Here(Executor):
    """Runs each cell in this process when it is waited for."""

    workers = 2

    def __init__(self, store: Store, lost: int = 0) -> None:
        self.store, self.lost, self.cells = store, lost, list[Cell]()

    def start(self, cell: Cell) -> None:
        self.cells.append(cell)

    def wait(self) -> list[tuple[Cell, float | Exception]]:
        cell = self.cells.pop(0)
        if self.lost:
            self.lost -= 1
            return [(cell, Lost())]
        return [(cell, self.store.perform(cell))]

    def __exit__(self, *_: object) -> None:
        self.cells.clear()


def test_a_key_names_the_work_and_not_the_process() -> None:
    cell = Number(seed=3, value=0.5, behind=(Number(seed=3, value=1.5),))
    assert cell.key == "73a4c2b68f9b076c683bf7d0"


def test_every_field_counts_in_the_key() -> None:
    base = Number(seed=0, value=1.0)
    others = [Number(seed=1, value=1.0), Number(seed=0, value=2.0), Number(seed=0, value=1.0, behind=(base,))]
    assert len({cell.key for cell in (base, *others)}) == 4


def test_found_comes_back_as_it_was(tmp_path: Path) -> None:
    store, cell = Store(tmp_path), Number(seed=0, value=2.5)
    assert not store.has(cell)
    seconds = store.perform(cell)
    assert store.has(cell) and store.seconds(cell) == seconds
    found = store.read(cell)
    assert found.value("value") == 2.5
    assert found.pictures["dot"].shape == (1, 2, 2)


def test_half_a_cell_is_none(tmp_path: Path) -> None:
    store, cell = Store(tmp_path), Number(seed=0)
    store.perform(cell)
    (store.folder(cell) / "done.json").unlink()
    assert not store.has(cell)


def test_what_is_needed_comes_first_and_nothing_runs_twice(tmp_path: Path) -> None:
    store, log = Store(tmp_path / "store"), str(tmp_path / "log")
    first = Number(seed=0, value=1.0, log=log)
    second = Number(seed=0, value=10.0, log=log, behind=(first,))
    told: list[str] = []
    for _ in range(2):
        carry_out(plan(second, first), store, Here(store), lambda cell, seconds: told.append(cell.key))
    assert Path(log).read_text().split() == ["1", "10"]
    assert told == [first.key, second.key]
    assert store.read(second).value("value") == 11.0


def test_what_a_dead_worker_held_is_given_out_again_but_not_for_ever(tmp_path: Path) -> None:
    store, cell = Store(tmp_path), Number(seed=0)
    carry_out(plan(cell), store, Here(store, lost=2), lambda cell, seconds: None)
    assert store.has(cell)
    other = Number(seed=1)
    with pytest.raises(TrainingError, match="killed 3 times"):
        carry_out(plan(other), store, Here(store, lost=3), lambda cell, seconds: None)


def test_a_pool_that_breaks_between_two_cells_loses_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second cell finds the pool broken while the first is still in it; both are given out again."""
    first, second = Number(seed=0), Number(seed=1)
    executor = LocalExecutor(tmp_path, 2)
    handed: list[Cell] = []

    def submit(self: LocalExecutor, cell: Cell) -> Future[float]:
        handed.append(cell)
        if len(handed) == 2:
            raise BrokenProcessPool
        future: Future[float] = Future()
        if len(handed) > 2:
            future.set_result(Store(tmp_path).perform(cell))
        return future

    monkeypatch.setattr(LocalExecutor, "_submit", submit)
    carry_out(plan(first, second), Store(tmp_path), executor, lambda cell, seconds: None)
    assert handed == [first, second, first, second]


@pytest.mark.slow
def test_a_killed_process_is_outlived_and_an_error_passes(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    deadly = Deadly(seed=0, times=1, folder=str(tmp_path))
    beside = [Number(seed=0, value=float(k)) for k in range(3)]
    carry_out(plan(deadly, *beside), store, LocalExecutor(store.root, 1), lambda cell, seconds: None)
    assert store.read(deadly).value("value") == 1.0
    assert all(store.has(cell) for cell in beside)


@pytest.mark.slow
def test_an_error_in_a_worker_reaches_the_user_as_it_is(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(ConfigError, match="asked for a toy"):
        carry_out(plan(Refusing(seed=0)), store, LocalExecutor(store.root, 1), lambda cell, seconds: None)


@pytest.mark.slow
def test_a_cell_that_always_kills_its_process_is_named(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    deadly = Deadly(seed=0, times=9, folder=str(tmp_path))
    with pytest.raises(TrainingError, match=r"deadly, seed 0: .* killed 3 times"):
        carry_out(plan(deadly), store, LocalExecutor(store.root, 1), lambda cell, seconds: None)


@pytest.mark.slow
def test_a_local_ray_does_the_same(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    code = """
import sys
from pathlib import Path
from toy_cells import Deadly, Number, Refusing
from acutance.claims import Plan, RayExecutor, Store
from acutance.claims._executor import carry_out
from acutance.errors import ConfigError
root = Path(sys.argv[1])
store = Store(root / "store")
store.root.mkdir()
first = Number(seed=0, value=1.0)
cells = [first, Number(seed=0, value=10.0, behind=(first,)), Deadly(seed=0, times=1, folder=sys.argv[1])]
try:
    carry_out(Plan({c.key: c for c in cells}), store, RayExecutor(store.root, 1), lambda cell, seconds: None)
except ConfigError as error:
    print("refused:", error)
(store.root / "plan.json").write_text("{}")
carry_out(Plan({c.key: c for c in cells}), store, RayExecutor(store.root, 1), lambda cell, seconds: None)
print(store.read(cells[1]).value("value"), store.read(cells[2]).value("value"))
try:
    refusing = Refusing(seed=0)
    carry_out(Plan({refusing.key: refusing}), store, RayExecutor(store.root, 1), lambda cell, seconds: None)
except ConfigError as error:
    print("passed:", error)
"""
    support = str(Path(__file__).parents[1] / "support")
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=support,
        env={**os.environ, "PYTHONPATH": support},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()  # among what Ray says
    assert any(line.startswith("refused: a machine of the Ray cluster does not see") for line in lines)
    assert "11.0 1.0" in lines
    assert "passed: asked for a toy, got none; give one" in lines


def test_a_number_is_rounded_to_what_was_measured() -> None:
    from acutance.claims._result import _rounded

    assert _rounded({"a": [1.23456789, float("nan")], "b": np.pi > 3}) == {"a": [1.23457, None], "b": True}
