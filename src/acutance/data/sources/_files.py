"""What the kinds that read files have in common: which names are pictures, and what identifies a file's content."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from acutance.data._decode import IMAGE_SUFFIXES

__all__ = ["file_key", "has_picture_suffix", "is_picture", "label_of"]


def is_picture(name: str) -> bool:
    """Whether a relative path names a picture by its suffix; nothing hidden, nothing of macOS's bookkeeping."""
    parts = [part for part in PurePosixPath(name).parts if part != ".."]
    return has_picture_suffix(name) and not any(part.startswith(".") or part == "__MACOSX" for part in parts)


def has_picture_suffix(name: str) -> bool:
    """Whether a name ends like that of a picture."""
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES


def label_of(name: str) -> str | None:
    """The name of the folder that a picture lies in; None at the top."""
    return PurePosixPath(name).parent.name or None


def file_key(path: Path, name: str | None = None) -> str:
    """A file's name, size and time of change."""
    stat = path.stat()
    return f"{path.resolve() if name is None else name}\0{stat.st_size}\0{stat.st_mtime_ns}"
