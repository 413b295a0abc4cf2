"""A .zip archive of pictures, read in place; the folder that a picture lies in is its label."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PIL import Image

from acutance.data._decode import LARGEST_FILE, decode
from acutance.data._item import Item, Listing, Options, Unreadable
from acutance.data.sources._files import file_key, is_picture, label_of
from acutance.errors import SourceError

__all__ = ["listing"]


def listing(argument: str, options: Options) -> Listing:
    """Every picture in an archive, sorted by its path inside."""
    path = Path(argument).expanduser()
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted((m for m in archive.infolist() if is_picture(m.filename)), key=lambda m: m.filename)
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(f"{argument!r} cannot be read as a zip archive: {error}; make it again") from error
    if not members:
        raise SourceError(f"there is no picture in the archive {argument!r}; known are .png, .jpg, .webp, ...")
    _refuse_unusable(members)

    def items() -> Iterator[Item]:
        with zipfile.ZipFile(path) as archive:
            for member in members:
                name = member.filename
                yield Item(name=name, load=partial(_load, archive, member), label=label_of(name))

    return Listing(key=(file_key(path),), items=items, options=options, total=len(members))


def _refuse_unusable(members: list[zipfile.ZipInfo]) -> None:
    for member in members:
        if member.flag_bits & 1:
            raise SourceError(f"{member.filename} is encrypted; unpack the archive and name the folder")
        if member.file_size > LARGEST_FILE:
            raise SourceError(
                f"{member.filename} would unpack to {member.file_size} bytes, which may be a decompression bomb; "
                "remove it"
            )


def _load(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Image.Image:
    try:
        data = archive.read(member)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise Unreadable(str(error) or type(error).__name__) from error
    return decode(data, member.filename)
