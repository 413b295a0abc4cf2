"""Ctrl-C as a request: the step in hand is finished, and what was trained is saved."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from acutance.errors import AcutanceError

__all__ = ["Interrupted", "polite_interrupt"]


class Interrupted(AcutanceError):
    """A run was stopped by the user; what was trained so far is saved."""


@contextmanager
def polite_interrupt() -> Iterator[threading.Event]:
    """A flag that the first Ctrl-C sets; a second Ctrl-C stops at once. Outside the main thread it is never set."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)
    previous = signal.SIG_DFL if before is None else before

    def note(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, previous)
