"""How many cores are taken by others, so that a command can say when its threads would only get in the way."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import final

__all__ = ["Cores"]

_STAT = Path("/proc/stat")
_IDLE = slice(3, 5)  # idle, and waiting for a disk
_COUNTED = 8  # what follows is counted in user time already
_SHORTEST_S = 0.2


def _load() -> float:
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows has no such function, and it may fail elsewhere
        return 0.0


@final
class Cores:
    """Watches the cores from its making on."""

    def __init__(self) -> None:
        self._start = self._now()

    def taken(self) -> float:
        """How many cores others kept busy since then.

        Where the kernel does not say this is the system's load average, and 0 where there is none.
        """
        if self._start is None:
            return _load()
        waited = time.monotonic() - self._start[0]
        time.sleep(max(0.0, _SHORTEST_S - waited))
        now = self._now()
        assert now is not None
        passed, busy, own = (after - before for after, before in zip(now, self._start, strict=True))
        return max(0.0, (busy - own) / passed)

    @staticmethod
    def _now() -> tuple[float, float, float] | None:
        """The clock, and processor seconds: of all, and of this process."""
        try:
            ticks = [int(word) for word in _STAT.read_text().split("\n", 1)[0].split()[1 : 1 + _COUNTED]]
        except (OSError, ValueError):
            return None
        busy = (sum(ticks) - sum(ticks[_IDLE])) / os.sysconf("SC_CLK_TCK")
        return time.monotonic(), busy, time.process_time()
