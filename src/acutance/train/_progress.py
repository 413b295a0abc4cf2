"""A live line for a terminal: how far, how fast, the losses, the time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from acutance.train._listeners import Listener
from acutance.train._loop import Loop, Tick

__all__ = ["ProgressBar"]


@final
class ProgressBar(Listener):
    """A rich progress bar, on a terminal or in a notebook (there by ipywidgets); elsewhere it stays silent.

    Args:
        title: what stands before the bar.
        console: where it is drawn.
    """

    def __init__(self, title: str, console: Console | None = None) -> None:
        self.title = title
        self.console = console or Console(stderr=True, emoji=False)
        self._images = 0
        self._seconds = 0.0
        self._task: TaskID | None = None

    @contextmanager
    def listening(self, loop: Loop) -> Iterator[None]:
        """Shows the bar from the step at which the run starts or goes on."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:,.0f} / {task.total:,.0f} images"),
            TextColumn("{task.fields[speed]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.fields[losses]}"),
        )
        self._images, self._seconds = loop.step * loop.recipe.batch_size, loop.seconds
        shown = self.console.is_terminal or self.console.is_jupyter
        with Progress(*columns, console=self.console, disable=not shown) as self._progress:
            self._task = self._progress.add_task(
                self.title, total=loop.total_steps * loop.recipe.batch_size, completed=self._images, speed="", losses=""
            )
            yield

    def tick(self, now: Tick) -> None:
        """Moves the bar."""
        assert self._task is not None
        speed = (now.images - self._images) / max(now.seconds - self._seconds, 1e-9)
        losses = "  ".join(f"{name} {value:.3g}" for name, value in now.terms.items() if name.endswith("/loss"))
        self._progress.update(self._task, completed=now.images, speed=f"{speed:,.0f} images/s", losses=losses)
