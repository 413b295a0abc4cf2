"""Where cells leave what they found: one folder each, named by content; what is there is finished."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, final

import numpy as np

from acutance.claims._cell import Cell, Found
from acutance.models._whole_file import replace_file

__all__ = ["Store"]

_ROWS, _PICTURES = "rows/", "pictures/"


@final
class Store:
    """The cells of a folder.

    Args:
        root: the folder; it is made when the first cell is kept.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, cell: Cell) -> Path:
        """A cell's own folder, for whatever it wants to keep."""
        return self.root / cell.key

    def has(self, cell: Cell) -> bool:
        """Whether the cell is finished."""
        return (self.folder(cell) / "done.json").is_file()

    def seconds(self, cell: Cell) -> float:
        """How long a finished cell took."""
        return float(json.loads((self.folder(cell) / "done.json").read_text())["seconds"])

    def read(self, cell: Cell) -> Found:
        """What a finished cell found."""
        with np.load(self.folder(cell) / "found.npz", allow_pickle=False) as kept:
            content = {name: kept[name] for name in kept.files}
        rows = {name.removeprefix(_ROWS): value for name, value in content.items() if name.startswith(_ROWS)}
        shown = {name.removeprefix(_PICTURES): value for name, value in content.items() if name.startswith(_PICTURES)}
        return Found(rows, shown)

    def perform(self, cell: Cell) -> float:
        """Runs the cell unless it is finished; what it needs has to be.

        Returns:
            How many seconds it took, now or when it was run.
        """
        if not self.has(cell):
            start = time.perf_counter()
            folder = self.folder(cell)
            folder.mkdir(parents=True, exist_ok=True)
            self._keep(folder, cell.run(self), lambda: time.perf_counter() - start, cell)
        return self.seconds(cell)

    def _keep(self, folder: Path, found: Found, clock: Callable[[], float], cell: Cell) -> None:
        content = io.BytesIO()
        named: dict[str, Any] = {f"{_ROWS}{name}": value for name, value in found.rows.items()}
        named |= {f"{_PICTURES}{name}": value for name, value in found.pictures.items()}
        np.savez_compressed(content, allow_pickle=False, **named)
        replace_file(folder / "found.npz", lambda temporary: temporary.write_bytes(content.getvalue()))
        done = {"seconds": round(clock(), 2), "cell": type(cell).__name__, "seed": cell.seed, "title": cell.title}
        replace_file(folder / "done.json", lambda temporary: temporary.write_text(json.dumps(done) + "\n"))
