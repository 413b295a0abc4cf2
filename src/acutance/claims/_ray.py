"""Cells on a Ray cluster, or on a local Ray where none is named (extra `acutance[ray]`)."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from types import TracebackType
from typing import Any, final

from acutance.claims._cell import Cell
from acutance.claims._executor import Executor, Lost
from acutance.claims._local import perform
from acutance.errors import ConfigError

__all__ = ["RayExecutor"]

_MARK = "plan.json"


@final
class RayExecutor(Executor):
    """Ray tasks of one processor each.

    The cluster is the one that `RAY_ADDRESS` names; without it a Ray is started on this machine for as long as it
    takes. All its machines have to see the store's folder under the same path.

    Args:
        root: the store's folder.
        workers: at most so many tasks at once; on a cluster, all its processors where None.

    Raises:
        ConfigError: Ray is not installed, or the cluster cannot be reached.
    """

    def __init__(self, root: Path, workers: int | None) -> None:
        try:
            import ray
        except ImportError as error:
            raise ConfigError(
                "--executor ray needs Ray: pip install 'acutance[ray]', or use --executor local"
            ) from error
        self.root = root.resolve()
        self._ray: Any = ray
        self._running: dict[Any, Cell] = {}
        address = os.environ.get("RAY_ADDRESS")
        try:
            ray.init(
                address=address,
                num_cpus=None if address else workers,
                include_dashboard=None if address else False,
                logging_level=logging.ERROR,
                log_to_driver=False,
                runtime_env={"env_vars": {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}},
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise ConfigError(f"the Ray cluster {address or 'of this machine'} cannot be reached: {error}") from error
        there = int(self._ray.cluster_resources().get("CPU", 1))
        self.workers = min(there, workers) if workers else there
        self._task = ray.remote(num_cpus=1, max_retries=0)(_on_a_node)

    def start(self, cell: Cell) -> None:
        self._running[self._task.remote(self.root, cell)] = cell

    def wait(self) -> list[tuple[Cell, float | Exception]]:
        ended, _ = self._ray.wait(list(self._running), num_returns=1)
        return [(self._running.pop(task), self._outcome(task)) for task in ended]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._running:
            self._ray.cancel(task, force=True)
        self._running = {}
        self._ray.shutdown()

    def _outcome(self, task: Any) -> float | Exception:
        errors = self._ray.exceptions
        try:
            return float(self._ray.get(task))
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError):
            return Lost()
        except errors.RayTaskError as error:
            cause = error.cause
            return cause if isinstance(cause, Exception) else error


def _on_a_node(root: Path, cell: Cell) -> float:
    import torch

    torch.set_num_threads(1)
    if not (root / _MARK).is_file():
        raise ConfigError(
            f"a machine of the Ray cluster does not see {root}: give --out a folder that all of them share"
        )
    return perform(root, cell)
