"""Ctrl-C as a request: the step in hand is finished, and what was trained is saved."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

from acutance.errors import AcutanceError

__all__ = ["Interrupted", "interrupts_ignored", "polite_interrupt"]


class Interrupted(AcutanceError):
    """A run was stopped by the user; what was trained so far is saved."""


@contextmanager
def polite_interrupt() -> Iterator[threading.Event]:
    """A flag that the first Ctrl-C sets; a second Ctrl-C stops at once. Outside the main thread it is never set."""
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)

    with _handled_by(note):
        yield asked


def interrupts_ignored() -> AbstractContextManager[None]:
    """Ctrl-C does nothing meanwhile, nor, for good, to a process that is started meanwhile and does not ask for it."""
    return _handled_by(signal.SIG_IGN)


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> Iterator[None]:
    """Outside the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
