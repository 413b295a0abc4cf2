"""What has to be run, what may run now, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from acutance.claims._cell import Cell
from acutance.claims._claim import Claim
from acutance.claims._scene import Scene
from acutance.claims._store import Store

__all__ = ["Plan", "plan_for"]


@final
@dataclass(frozen=True)
class Plan:
    """Cells by key, each behind what it needs.

    Attributes:
        cells: in an order in which they can be run.
    """

    cells: dict[str, Cell]

    def missing(self, store: Store) -> list[Cell]:
        """The cells that are not finished."""
        return [cell for cell in self.cells.values() if not store.has(cell)]

    def ready(self, waiting: Iterable[Cell], store: Store) -> list[Cell]:
        """Those of the waiting cells whose needs are finished."""
        return [cell for cell in waiting if all(store.has(needed) for needed in cell.needs())]


def plan_for(claims: dict[str, Claim], scene: Scene) -> Plan:
    """All cells of these claims, each once however many claims want it; seed by seed, so that an early stop leaves
    whole seeds.
    """
    cells: dict[str, Cell] = {}
    for seed in scene.seeds:
        for claim in claims.values():
            for cell in claim.cells(scene, seed).values():
                _add(cell, cells)
    return Plan(cells)


def _add(cell: Cell, cells: dict[str, Cell]) -> None:
    for needed in cell.needs():
        _add(needed, cells)
    cells.setdefault(cell.key, cell)
