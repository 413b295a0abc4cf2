"""A folder of pictures, with all folders in it; the folder that a picture lies in is its label."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PIL import Image

from acutance.data._decode import decode
from acutance.data._item import Item, Listing, Options, Unreadable
from acutance.data.sources._files import file_key, is_picture, label_of
from acutance.errors import SourceError

__all__ = ["listing"]


def listing(argument: str, options: Options) -> Listing:
    """Every picture below a folder, sorted by its relative path; links to folders are not followed."""
    root = Path(argument).expanduser()
    if not root.is_dir():
        raise SourceError(f"{argument!r} is not a folder; name a folder of pictures")
    names = sorted(_names(root))
    if not names:
        raise SourceError(
            f"there is no picture in the folder {argument!r} or below it; known are .png, .jpg, .webp, ..."
        )

    def items() -> Iterator[Item]:
        return (Item(name=name, load=partial(_load, root / name, name), label=label_of(name)) for name in names)

    key = (str(root.resolve()), *(file_key(root / name, name) for name in names))
    return Listing(key=key, items=items, options=options, total=len(names))


def _names(root: Path) -> Iterator[str]:
    for folder, _, files in os.walk(root, onerror=_refuse):
        relative = Path(folder).relative_to(root)
        for file in files:
            name = (relative / file).as_posix()
            if is_picture(name) and (root / name).is_file():
                yield name


def _refuse(error: OSError) -> None:
    raise SourceError(f"a folder cannot be read: {error}; give yourself the right to read it, or move it away")


def _load(path: Path, name: str) -> Image.Image:
    try:
        with path.open("rb") as stream:
            return decode(stream, name)
    except OSError as error:
        raise Unreadable(str(error)) from error
