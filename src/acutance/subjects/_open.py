"""From the text that a user types to a model."""

from __future__ import annotations

from pathlib import Path

from acutance.catalog import Catalog, did_you_mean
from acutance.errors import SubjectError
from acutance.subjects._opened import Opened

__all__ = ["KINDS", "Opened", "open_subject"]

KINDS = Catalog("acutance.subjects", noun="kind of subject", attribute="opened")


def open_subject(subject: str) -> Opened:
    """Open a model.

    Args:
        subject: a folder that training wrote, or `KIND:ARGUMENT` with a kind of the catalog.

    Returns:
        The model in evaluation mode, or held still whenever it is used, and what is known of it.

    Raises:
        SubjectError: there is no such model, or it cannot be used.
    """
    kind, colon, argument = subject.partition(":")
    if colon and kind in KINDS.names():
        return _as(kind, argument)
    if colon and kind.isidentifier() and not Path(subject).expanduser().exists():
        raise SubjectError(f"{subject!r}: there is no kind of subject {kind!r}; {did_you_mean(kind, KINDS.names())}")
    return _as("run", subject)


def _as(kind: str, argument: str) -> Opened:
    if not argument:
        raise SubjectError(f"'{kind}:' names nothing: write {kind}:... and after the colon which")
    found: Opened = KINDS.load(kind)(argument)
    return found
