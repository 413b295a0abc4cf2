"""Cells that cost nothing, for the machinery that runs them; a module of its own, that workers can import."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from acutance.claims import Cell, Found, Store
from acutance.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Number(Cell):
    """Its value, and a line in a file for every time it ran."""

    value: float = 0.0
    log: str = ""
    behind: tuple[Cell, ...] = ()

    def needs(self) -> tuple[Cell, ...]:
        return self.behind

    def run(self, store: Store) -> Found:
        if self.log:
            with Path(self.log).open("a") as file:
                file.write(f"{self.value:g}\n")
        before = sum(store.read(cell).value("value") for cell in self.behind)
        return Found({"value": np.array([self.value + before])}, {"dot": np.zeros((1, 2, 2), np.uint8)})


@dataclass(frozen=True, kw_only=True)
class Deadly(Cell):
    """Kills the process that runs it, so many times."""

    times: int
    folder: str

    def run(self, store: Store) -> Found:
        marks = list(Path(self.folder).glob("dead-*"))
        if len(marks) < self.times:
            (Path(self.folder) / f"dead-{len(marks)}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return Found({"value": np.array([float(len(marks))])})


@dataclass(frozen=True, kw_only=True)
class Refusing(Cell):
    """Raises what a user can put right."""

    def run(self, store: Store) -> Found:
        raise ConfigError("asked for a toy, got none; give one")
