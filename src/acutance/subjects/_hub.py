"""Folders of the Hugging Face hub: configuration and safetensors alone."""

from __future__ import annotations

from pathlib import Path

from acutance.models._hub import fetched
from acutance.subjects._insist import insists

__all__ = ["downloaded"]


def downloaded(name: str, subfolder: str, text: str) -> Path:
    """The local copy of a repository, fetched where it is not there yet.

    Args:
        name: OWNER/NAME.
        subfolder: whose files are fetched; empty for the root.
        text: what the user typed, for messages.

    Raises:
        SubjectError: it is neither there nor to be had.
    """
    inside = f"{subfolder}/" if subfolder else ""
    weights = ("safetensors", "safetensors.index.json", *(("bin",) if insists() else ()))
    return fetched(name, (f"{inside}config.json", "model_index.json", *(f"{inside}*.{end}" for end in weights)), text)
