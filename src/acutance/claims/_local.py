"""Cells on this machine: a pool of processes with one thread each, made anew when one of them is killed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import final

from acutance.claims._cell import Cell
from acutance.claims._executor import Executor, Lost
from acutance.claims._store import Store

__all__ = ["LocalExecutor", "perform"]

_LOOK_S = 2.0


@final
class LocalExecutor(Executor):
    """A pool of processes.

    Args:
        root: the store's folder.
        workers: how many processes.
    """

    def __init__(self, root: Path, workers: int) -> None:
        self.root = root
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._running: dict[Future[float], Cell] = {}
        self._unstarted: list[Cell] = []

    def start(self, cell: Cell) -> None:
        try:
            self._running[self._submit(cell)] = cell
        except BrokenProcessPool:  # a process was killed since the last wait, which will tell of all it held
            self._unstarted.append(cell)

    def wait(self) -> list[tuple[Cell, float | Exception]]:
        if self._unstarted:
            return self._all_lost()
        ended, _ = wait(self._running, return_when=FIRST_COMPLETED)
        found: list[tuple[Cell, float | Exception]] = []
        for future in ended:
            error = future.exception()
            outcome = Lost() if isinstance(error, BrokenProcessPool) else error
            assert outcome is None or isinstance(outcome, Exception)
            found.append((self._running.pop(future), future.result() if outcome is None else outcome))
        if any(isinstance(outcome, Lost) for _, outcome in found):
            found += self._all_lost()
        return found

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drop_pool()

    def _all_lost(self) -> list[tuple[Cell, float | Exception]]:
        """One dead process breaks the whole pool."""
        lost: list[tuple[Cell, float | Exception]] = [
            (cell, Lost()) for cell in (*self._running.values(), *self._unstarted)
        ]
        self._drop_pool()
        return lost

    def _submit(self, cell: Cell) -> Future[float]:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            with _one_thread():
                self._pool = ProcessPoolExecutor(
                    self.workers, mp_context=context, initializer=_prepare, initargs=(os.getpid(),)
                )
        with _one_thread():
            return self._pool.submit(perform, self.root, cell)

    def _drop_pool(self) -> None:
        """Ends the pool and its processes; a training in hand goes on from its last checkpoint next time."""
        self._running, self._unstarted = {}, []
        if self._pool is not None:
            processes = list((self._pool._processes or {}).values())
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                with contextlib.suppress(Exception):
                    process.terminate()
            self._pool = None


def perform(root: Path, cell: Cell) -> float:
    """Runs a cell in the process that this is called in; its seconds."""
    return Store(root).perform(cell)


def _prepare(parent: int) -> None:
    """One thread; Ctrl-C is the parent's; without a parent there is nobody to work for."""
    import torch

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """The environment that a new process reads when it imports torch."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
