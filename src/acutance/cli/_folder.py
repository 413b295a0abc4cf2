"""Folders that a command fills: taken only when new, empty, or given away; every file written whole or not at all."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, final

from acutance import __version__
from acutance.cli._options import Out
from acutance.errors import ConfigError
from acutance.models._whole_file import replace_file

__all__ = ["PictureFolder", "claimed", "output_names", "write_json"]

RECORD = "made.json"
SCHEMA = "acutance.pictures/1"


def claimed(out: Out) -> Path:
    """The folder for the results; it is made when the first file is written.

    Raises:
        ConfigError: it is a file, or has files in it and was not given away.
    """
    folder = out.out.expanduser()
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"--out {folder} is a file; name a folder")
    if folder.exists() and any(folder.iterdir()) and not out.overwrite:
        raise ConfigError(f"--out {folder} has files in it; choose another folder, or say --overwrite")
    return folder


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Writes a JSON file, finite numbers only."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    replace_file(path, lambda temporary: temporary.write_text(text, encoding="utf-8", errors="backslashreplace"))


@final
class PictureFolder:
    """A folder of pictures, with made.json that tells what they are; an earlier command's pictures make room.

    Args:
        out: the user's choice.
    """

    def __init__(self, out: Out) -> None:
        self.path = claimed(out)
        self._before = _listed(self.path)
        self._files: list[str] = []

    def add(self, name: str, content: bytes) -> None:
        """Writes one file.

        Args:
            name: relative, with `/`; it stays below the folder.
            content: the bytes.
        """
        path = (self.path / name).resolve()
        assert path.is_relative_to(self.path.resolve()), name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            temporary.write_bytes(content)
            temporary.replace(path)  # whole or not at all; thousands of pictures do not each wait for the disk
        finally:
            temporary.unlink(missing_ok=True)
        self._files.append(name)

    def close(self, **made: Any) -> None:
        """Removes what an earlier command wrote and this one did not, and writes made.json."""
        for name in self._before - {*self._files}:
            path = (self.path / name).resolve()
            if path.is_relative_to(self.path.resolve()):
                path.unlink(missing_ok=True)
        record = {"schema": SCHEMA, **made, "acutance": __version__, "files": self._files}
        write_json(self.path / RECORD, record)


def output_names(names: Sequence[str]) -> list[str]:
    """Each input's name with .png; where two inputs would meet, each keeps its own suffix before it.

    Example:
        >>> output_names(["a/x.jpg", "a/y.bmp", "a/y.gif"])
        ['a/x.png', 'a/y.bmp.png', 'a/y.gif.png']
    """
    plain = [PurePosixPath(name).with_suffix(".png").as_posix() for name in names]
    count = Counter(plain)
    return [short if count[short] == 1 else f"{name}.png" for name, short in zip(names, plain, strict=True)]


def _listed(folder: Path) -> set[str]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return {str(name) for name in record["files"]} if record["schema"] == SCHEMA else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()
