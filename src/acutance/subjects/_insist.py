"""Pickles run code when they are loaded, so they are refused unless the user insists."""

from __future__ import annotations

import os

__all__ = ["INSIST", "insists"]

INSIST = "ACUTANCE_ALLOW_PICKLE"
"""The environment variable by which a user says that the pickles are trusted: 1."""


def insists() -> bool:
    """Whether the user has said that pickles may run."""
    return os.environ.get(INSIST, "") == "1"
