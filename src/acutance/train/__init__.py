"""Training: one loop over players, exact resume, logs."""

from __future__ import annotations

from acutance.train._feed import Feed
from acutance.train._folder import RunConfig, made_with, read_record
from acutance.train._interrupt import Interrupted, interrupts_ignored
from acutance.train._listeners import JsonLog, Listener, TensorBoard
from acutance.train._loop import Loop, Tick
from acutance.train._progress import ProgressBar
from acutance.train._run import check_kind, train
from acutance.train._watch import RULES, Rule, Warned, Watch

__all__ = [
    "RULES",
    "Feed",
    "Interrupted",
    "JsonLog",
    "Listener",
    "Loop",
    "ProgressBar",
    "Rule",
    "RunConfig",
    "TensorBoard",
    "Tick",
    "Warned",
    "Watch",
    "check_kind",
    "interrupts_ignored",
    "made_with",
    "read_record",
    "train",
]
