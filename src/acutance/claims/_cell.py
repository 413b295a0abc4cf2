"""A cell: one small training or evaluation, a pure function of its own fields, that claims share by content."""

from __future__ import annotations

import abc
import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from acutance.claims._store import Store

__all__ = ["Cell", "Found", "Rows"]

Rows = NDArray[np.float64]
"""A quantity, (1 + replicates, ...): row 0 as measured, the others, if any, under bootstrap weights of the images."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a cell found.

    Attributes:
        rows: quantities by name.
        pictures: uint8 (n, height, width) or, in colour, (n, height, width, 3), by name.
    """

    rows: dict[str, Rows] = field(default_factory=dict)
    pictures: dict[str, NDArray[np.uint8]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Rows:
        return self.rows[name]

    def value(self, name: str) -> float:
        """A single number as measured."""
        return float(self.rows[name][0])


@dataclass(frozen=True, kw_only=True)
class Cell(abc.ABC):
    """One piece of work.

    Attributes:
        seed: of every draw.
    """

    version: ClassVar[int] = 1
    """Raised whenever the same fields would give something else."""

    seed: int

    @abc.abstractmethod
    def run(self, store: Store) -> Found:
        """Does the work.

        Args:
            store: where the cells that it needs have left theirs, and where it may keep files.
        """

    def needs(self) -> tuple[Cell, ...]:
        """The cells that have to be finished before."""
        return ()

    def sources(self) -> tuple[str, ...]:
        """The images that it works on, as users type them."""
        return ()

    @property
    def key(self) -> str:
        """24 hexadecimal digits that name this work wherever it is asked for."""
        return _digest(self)

    @property
    def title(self) -> str:
        """What it is, whatever the seed; cells with one title take about as long."""
        return type(self).__name__.lower()

    @property
    def label(self) -> str:
        """A few words for a progress line."""
        return f"{self.title}, seed {self.seed}"


def _digest(cell: Cell) -> str:
    text = json.dumps(_plain(cell), sort_keys=True, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _plain(value: Any) -> Any:
    """What a value is, as JSON; dataclasses with the name of their class, cells with their version."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        version = {"version": value.version} if isinstance(value, Cell) else {}
        return {"is": kind, **version, **{f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    return value
