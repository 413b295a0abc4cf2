"""What a plan costs before it is run: measured seconds of such cells, brought to this machine's speed."""

from __future__ import annotations

import functools
import json
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import final

import torch

from acutance.claims._cell import Cell
from acutance.claims._plan import Plan
from acutance.claims._scene import WIDTHS
from acutance.claims._store import Store
from acutance.models import Recipe
from acutance.models.vae import Config
from acutance.rng import seeded
from acutance.train import Loop

__all__ = ["Cost", "cost_of", "probe_seconds", "records_of"]

_FILE = "_costs.json"
_WARM, _TIMED = 8, 24


@final
@dataclass(frozen=True)
class Cost:
    """An estimate.

    Attributes:
        known: seconds of one core by the key of each cell that is to be run and was timed before.
        cells: how many are to be run.
        finished: how many cells of the plan are there already.
    """

    known: dict[str, float]
    cells: int
    finished: int

    @property
    def seconds(self) -> float:
        """Of one core, of the cells that were timed before."""
        return sum(self.known.values())

    @property
    def unknown(self) -> int:
        """How many cells were never timed."""
        return self.cells - len(self.known)


def cost_of(plan: Plan, store: Store) -> Cost:
    """What is missing of a plan, in seconds of one core of this machine.

    A cell is known by what cells of its title took, in this store or else in a recorded run, whose seconds are
    multiplied by how much longer a short training takes here than it took there.
    """
    missing = plan.missing(store)
    here = records_of(plan.cells.values(), store)
    recorded, there = _recorded()
    needed = any(cell.title not in here for cell in missing)
    factor = probe_seconds() / there if needed and there else 1.0
    timed = {title: seconds * factor for title, seconds in recorded.items()} | here
    known = {cell.key: timed[cell.title] for cell in missing if cell.title in timed}
    return Cost(known, len(missing), len(plan.cells) - len(missing))


def records_of(cells: Iterable[Cell], store: Store) -> dict[str, float]:
    """Median seconds of finished cells, by their titles."""
    found: dict[str, list[float]] = {}
    for cell in cells:
        if store.has(cell):
            found.setdefault(cell.title, []).append(store.seconds(cell))
    return {title: statistics.median(seconds) for title, seconds in found.items()}


@functools.cache
def probe_seconds() -> float:
    """Seconds a step of a small training takes on this machine now, on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with seeded(0, "probe"):
            model = Config(latents=16, widths=WIDTHS).build((1, 16, 16))
        noise = _Noise([])
        loop = Loop(model, Recipe(images=32 * (_WARM + _TIMED), batch_size=32), noise, 0)
        loop.run(lambda tick: None, lambda: None)
        return (time.perf_counter() - noise.asked[_WARM]) / _TIMED
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class _Noise:
    """Noise as images, and when it was asked for."""

    asked: list[float]

    def batch(self, batch_size: int, seed: int, step: int) -> torch.Tensor:
        self.asked.append(time.perf_counter())
        return torch.rand(batch_size, 1, 16, 16, generator=torch.Generator().manual_seed(step))


def _recorded() -> tuple[dict[str, float], float]:
    file = resources.files("acutance.claims") / _FILE
    if not file.is_file():
        return {}, 0.0
    document = json.loads(file.read_text("utf-8"))
    return document["cells"], document["probe_seconds"]
