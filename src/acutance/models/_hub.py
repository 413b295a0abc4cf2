"""Folders of a model hub: fetched where they are not here yet, and filled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from acutance.errors import ConfigError, SubjectError

__all__ = ["Hub", "check_name", "fetched", "is_hub_name", "upload"]

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class Hub(Protocol):
    """What is asked of a hub's client; huggingface_hub.HfApi has it."""

    def create_repo(self, repo_id: str, *, private: bool | None, exist_ok: bool) -> Any:
        """Makes a repository where there is none."""

    def upload_folder(self, *, repo_id: str, folder_path: str | Path, commit_message: str) -> Any:
        """Puts the files of a folder into it."""


def is_hub_name(name: str) -> bool:
    """Whether this can only be OWNER/NAME: of that form, and there is neither such a folder here nor one OWNER."""
    return bool(_NAME.fullmatch(name)) and not Path(name).exists() and not Path(name).parent.exists()


def check_name(name: str) -> None:
    """Raises ConfigError unless this is OWNER/NAME."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"a repository is called OWNER/NAME, got {name!r}")


def fetched(name: str, files: Sequence[str], text: str) -> Path:
    """The local copy of a repository, fetched where it is not there yet.

    Args:
        name: OWNER/NAME.
        files: patterns of those that are wanted.
        text: what the user typed, for messages.

    Raises:
        SubjectError: it is neither there nor to be had.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    try:
        return Path(snapshot_download(name, allow_patterns=list(files)))
    except Exception as error:  # its HTTP library raises errors of its own
        first = (str(error).strip().splitlines() or [""])[0]
        raise SubjectError(
            f"{text}: there is no folder {name!r} here, and the hub gave none ({type(error).__name__}: {first}); check "
            "the name and the network, or give a folder"
        ) from error


def upload(folder: Path, name: str, *, private: bool = False, hub: Hub | None = None) -> None:
    """Puts a folder's files into a repository, which is made where there is none.

    Args:
        folder: whose files are put there.
        name: OWNER/NAME.
        private: who may see it, if it is made now.
        hub: its client; huggingface_hub's own, with the user's own token, by default.

    Raises:
        ConfigError: the name is none, or the hub refuses.
    """
    check_name(name)
    if hub is None:
        from huggingface_hub import HfApi

        hub = HfApi()
    try:
        hub.create_repo(name, private=private, exist_ok=True)
        hub.upload_folder(repo_id=name, folder_path=folder, commit_message="Upload a model of acutance")
    except Exception as error:  # as above
        first = (str(error).strip().splitlines() or [""])[0]
        raise ConfigError(
            f"the hub did not take {name!r} ({type(error).__name__}: {first}); check the name, the network and that "
            "you are logged in with a token that may write"
        ) from error
