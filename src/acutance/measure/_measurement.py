"""Many readings of one thing, found by name."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass

from acutance.errors import MeasureError
from acutance.measure._reading import Reading

__all__ = ["Measurement"]


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
