"""A bar while work in named steps goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["progress"]


@contextmanager
def progress(
    title: str, console: Console | None = None, *, shown: bool = True
) -> Iterator[Callable[[str, float], None]]:
    """A bar for work in named steps, on a terminal or in a notebook; silent elsewhere.

    Args:
        title: stands before it.
        console: where it is drawn; stderr by default.
        shown: False for none.

    Yields:
        What to tell the step that is done now, and the share of all that is behind, 0 ... 1.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[doing]}"),
    )
    console = console or Console(stderr=True, emoji=False)
    visible = shown and (console.is_terminal or console.is_jupyter)
    with Progress(*columns, console=console, disable=not visible, transient=True) as bar:
        task = bar.add_task(title, total=1.0, doing="")
        yield lambda doing, share: bar.update(task, completed=share, doing=doing)
