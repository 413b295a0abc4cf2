"""Many readings of one thing, found by name."""

from __future__ import annotations

import abc
import dataclasses
import html
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from acutance.errors import MeasureError
from acutance.measure._reading import Reading

__all__ = ["Measurement", "noted"]


def noted(readings: Iterable[Reading], words: tuple[str, ...]) -> tuple[Reading, ...]:
    """The readings, each with these violated preconditions too."""
    return tuple(dataclasses.replace(reading, preconditions=(*reading.preconditions, *words)) for reading in readings)


@dataclass(frozen=True, kw_only=True)
class Measurement(abc.ABC):
    """What one call measured.

    Attributes:
        readings: all single numbers.
    """

    readings: tuple[Reading, ...]

    def reading(self, name: str) -> Reading:
        """The reading called `name`.

        Raises:
            MeasureError: there is no such reading.
        """
        found: Mapping[str, Reading] = {reading.name: reading for reading in self.readings}
        if name not in found:
            raise MeasureError(f"no reading is called {name!r}; there are: {', '.join(found)}")
        return found[name]

    def __str__(self) -> str:
        """A line a reading."""
        return "\n".join(map(str, self.readings))

    def _repr_html_(self) -> str:
        """A table of the readings, which notebooks show."""
        head = "<tr><th>reading</th><th>value</th><th>95 % interval</th><th>unit</th><th>n</th><th></th></tr>"
        return f"<table>{head}{''.join(map(_row, self.readings))}</table>"


def _row(reading: Reading) -> str:
    known = math.isfinite(reading.low + reading.high)
    ends = f"{reading.low:.4g} to {reading.high:.4g}" if known else ""
    cells = (
        reading.name,
        f"{reading.value:.4g}",
        ends,
        reading.unit,
        f"{reading.n:,}",
        "; ".join(reading.preconditions),
    )
    return f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"
