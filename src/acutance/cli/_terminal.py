"""What a command shows: results on stdout; progress, steps and warnings on stderr."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from acutance.cli._cores import Cores
from acutance.cli._options import Common
from acutance.errors import ConfigError

if TYPE_CHECKING:
    from acutance.train import Listener

__all__ = ["Advance", "Terminal", "at_work"]

Advance = Callable[[int, int | None], None]
"""Told how many are done, and of how many where that is known."""

_PIPE_WIDTH = 120
_TAKEN = 0.6  # of a core: what threads that wait for one another feel


@final
class Terminal:
    """The two streams of a command. In all but the first process of a launch it says nothing.

    Args:
        quiet: no steps and no progress.
    """

    def __init__(self, *, quiet: bool) -> None:
        silent = os.environ.get("RANK", "0") != "0"
        self.quiet = quiet or silent
        self.out = Console(quiet=silent, highlight=False, markup=False, emoji=False)
        self.err = Console(quiet=silent, highlight=False, markup=False, emoji=False, stderr=True)
        if not self.out.is_terminal:
            self.out.width = _PIPE_WIDTH

    def say(self, text: str = "") -> None:
        """A line of the result."""
        self.out.print(text, soft_wrap=True)

    def table(self, table: Table) -> None:
        """A table of the result."""
        self.out.print(table)

    def markdown(self, text: str) -> None:
        """Markdown as a part of the result: fitted to a terminal's width, as it is in a pipe."""
        if self.out.is_terminal:
            from rich.markdown import Markdown  # here, because it takes a while to import

            self.out.print(Markdown(text))
        else:
            self.say(text.rstrip())

    def step(self, text: str) -> None:
        """What happens next."""
        if not self.quiet:
            self.err.print(text, soft_wrap=True, style="dim")

    def warn(self, text: str) -> None:
        """What the user should know, on one line."""
        self.err.print(f"warning: {' '.join(text.split())}", soft_wrap=True, style="yellow")

    @contextmanager
    def progress(self, title: str, unit: str = "images") -> Iterator[Advance]:
        """A bar while work goes on; on a terminal only, and not with --quiet."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:,.0f} " + unit),
            TimeRemainingColumn(),
        )
        shown = self.err.is_terminal and not self.quiet
        with Progress(*columns, console=self.err, disable=not shown, transient=True) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    @contextmanager
    def work(self, title: str) -> Iterator[Callable[[str, float], None]]:
        """A bar for work in named steps, told the step and the share of all that is done; shown where `progress` is."""
        from acutance import report  # here, because it takes a while to import

        with report.progress(title, self.err, shown=not self.quiet) as advance:
            yield advance

    def listeners(self, title: str) -> list[Listener]:
        """Who shows how a training goes."""
        from acutance.train import ProgressBar

        return [] if self.quiet else [ProgressBar(title, self.err)]


@final
class _Lines(logging.Handler):
    """Warnings of the library, one clean line each, beside a progress bar if there is one."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(logging.WARNING)
        self.terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        """Shows one record."""
        self.terminal.warn(record.getMessage())


@contextmanager
def at_work(common: Common) -> Iterator[Terminal]:
    """The terminal of a command whose options are right; from here on torch is there, and warnings are shown."""
    terminal = Terminal(quiet=common.quiet)
    logger, handler, cores = logging.getLogger("acutance"), _Lines(terminal), Cores()
    logger.addHandler(handler)
    try:
        _set_threads(common.threads, cores, terminal)
        yield terminal
    finally:
        logger.removeHandler(handler)


def _set_threads(wanted: int | None, cores: Cores, terminal: Terminal) -> None:
    import torch

    if wanted is not None:
        if wanted < 1:
            raise ConfigError(f"--threads is a number from 1 up, got {wanted}")
        torch.set_num_threads(wanted)
    used, there = torch.get_num_threads(), os.cpu_count() or 1
    if used > 1 and (taken := cores.taken()) > there - used + _TAKEN:
        terminal.warn(
            f"others keep {taken:.1f} of the {there} cores busy, and {used} threads that wait for them can be many "
            f"times slower than fewer: --threads {max(1, round(there - taken))} may be faster"
        )
