"""What runs cells: one interface, and the loop over a plan that every executor shares."""

from __future__ import annotations

import abc
from collections.abc import Callable
from contextlib import AbstractContextManager

from acutance.claims._cell import Cell
from acutance.claims._plan import Plan
from acutance.claims._store import Store
from acutance.errors import TrainingError

__all__ = ["Done", "Executor", "Lost", "carry_out"]

Done = Callable[[Cell, float], None]
"""Told of each cell that is finished, with the seconds that it took."""

_ATTEMPTS = 3


class Lost(Exception):
    """A worker died with cells in its hands; they can be given out again."""


class Executor(AbstractContextManager["Executor"]):
    """Runs cells at the same time; what they find lies in the store."""

    workers: int

    @abc.abstractmethod
    def start(self, cell: Cell) -> None:
        """Hands a cell to a worker."""

    @abc.abstractmethod
    def wait(self) -> list[tuple[Cell, float | Exception]]:
        """Waits for the next cells to end: their seconds, or what they raised, `Lost` where the worker died."""


def carry_out(plan: Plan, store: Store, executor: Executor, done: Done) -> None:
    """Runs what is missing of a plan; nothing that is finished is run again.

    A cell whose worker was killed is given out again, two times at most.

    Raises:
        TrainingError: a cell took its worker with it each time.
        Exception: whatever a cell raised.
    """
    waiting = {cell.key: cell for cell in plan.missing(store)}
    attempts: dict[str, int] = {}
    running = 0
    with executor:
        while waiting or running:
            for cell in plan.ready(waiting.values(), store)[: executor.workers - running]:
                executor.start(waiting.pop(cell.key))
                running += 1
            for cell, ended in executor.wait():
                running -= 1
                if isinstance(ended, Lost):
                    attempts[cell.key] = attempts.get(cell.key, 0) + 1
                    if attempts[cell.key] >= _ATTEMPTS:
                        raise TrainingError(
                            f"{cell.label}: the process that ran it was killed {_ATTEMPTS} times; is there enough "
                            "memory? Run with fewer --workers; what is finished is kept"
                        )
                    waiting[cell.key] = cell
                elif isinstance(ended, Exception):
                    raise ended
                else:
                    done(cell, ended)
