"""Models by the text that a user types: one kind of subject a file, `KIND:ARGUMENT`, or a folder of our own."""

from __future__ import annotations

from acutance.subjects._open import KINDS, Opened, open_subject
from acutance.subjects._trained_on import TrainedOn

__all__ = ["KINDS", "Opened", "TrainedOn", "open_subject"]
