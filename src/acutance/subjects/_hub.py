"""Folders of the Hugging Face hub: configuration and safetensors alone."""

from __future__ import annotations

from pathlib import Path

from acutance.errors import SubjectError
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
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.utils.tqdm import disable_progress_bars
    except ImportError as error:
        raise SubjectError(f"{text} needs diffusers: pip install 'acutance[diffusers]'") from error
    inside = f"{subfolder}/" if subfolder else ""
    weights = ("safetensors", "safetensors.index.json", *(("bin",) if insists() else ()))
    disable_progress_bars()
    try:
        found = snapshot_download(
            name, allow_patterns=[f"{inside}config.json", "model_index.json", *(f"{inside}*.{end}" for end in weights)]
        )
    except Exception as error:  # its HTTP library raises errors of its own
        first = (str(error).strip().splitlines() or [""])[0]
        raise SubjectError(
            f"{text}: there is no folder {name!r} here, and the hub gave none ({type(error).__name__}: {first}); check "
            "the name and the network, or give a folder"
        ) from error
    return Path(found)
