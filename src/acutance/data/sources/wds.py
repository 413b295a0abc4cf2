"""WebDataset shards, `wds:GLOB`: tar files in which the members of one sample follow one another under one key.

The pattern may hold `*`, `?`, `[...]`, and braces such as `{000..009}` or `{a,b}`. A sample's picture is its member
whose extension is that of an image (the first by name where there are several); its label is the text of `.cls`, or
else of `.txt`. The shards are read from front to back, without unpacking.
"""

from __future__ import annotations

import glob
import re
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from PIL import Image

from acutance.data._decode import LARGEST_FILE, decode
from acutance.data._item import Item, Listing, Options, Unreadable
from acutance.data.sources._files import file_key, has_picture_suffix
from acutance.errors import SourceError

__all__ = ["expand_braces", "listing"]

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"^(\d+)\.\.(\d+)$")
_LABELS = ("cls", "txt")


def listing(argument: str, options: Options) -> Listing:
    """Every sample of every shard, in the order of the shards' names and of the samples in them."""
    patterns = expand_braces(str(Path(argument).expanduser()))
    shards = sorted({Path(found) for pattern in patterns for found in glob.glob(pattern) if Path(found).is_file()})
    if not shards:
        raise SourceError(f"no shard matches {argument!r}; shards are local tar files, named like 'wds:data/*.tar'")
    items = partial(_items, shards)
    return Listing(key=tuple(file_key(shard) for shard in shards), items=items, options=options)


def expand_braces(pattern: str) -> list[str]:
    """All patterns that the braces stand for.

    Example:
        >>> expand_braces("s-{08..10}.tar")
        ['s-08.tar', 's-09.tar', 's-10.tar']
    """
    found = _BRACES.search(pattern)
    if not found:
        return [pattern]
    numbers = _RANGE.match(found[1])
    if numbers:
        first, last = numbers.groups()
        words = [f"{i:0{len(first)}d}" for i in range(int(first), int(last) + 1)]
    else:
        words = found[1].split(",")
    before, after = pattern[: found.start()], pattern[found.end() :]
    return [whole for word in words for whole in expand_braces(before + word + after)]


def _items(shards: list[Path]) -> Iterator[Item]:
    seen: set[str] = set()
    for shard in shards:
        try:
            with tarfile.open(shard, "r|*") as archive:
                for key, members in _samples(archive):
                    name = f"{key}.png" if f"{key}.png" not in seen else f"{shard.name}/{key}.png"
                    seen.add(name)
                    yield Item(name=name, load=partial(_load, key, members), label=_label(members))
        except (tarfile.TarError, EOFError, OSError) as error:
            raise SourceError(f"the shard {shard} is damaged: {error}; fetch or write it again") from error


def _samples(archive: tarfile.TarFile) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Runs of members with the same key, which is the path up to the first dot of its last part."""
    current, members = "", dict[str, bytes]()
    for member in archive:
        path = PurePosixPath(member.name)
        if not member.isfile() or path.name.startswith("."):
            continue
        stem, _, extension = path.name.partition(".")
        key = (path.parent / stem).as_posix()
        if key != current and members:
            yield current, members
            members = {}
        current = key
        members[extension.lower()] = _content(archive, member)
    if members:
        yield current, members


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """A member's bytes, where they can be of use here."""
    if not (has_picture_suffix(member.name) or member.name.endswith(_LABELS)):
        return b""
    if member.size > LARGEST_FILE:
        raise SourceError(f"{member.name} has {member.size} bytes, which may be a decompression bomb; remove it")
    stream = archive.extractfile(member)
    return b"" if stream is None else stream.read()


def _load(key: str, members: dict[str, bytes]) -> Image.Image:
    pictures = sorted(extension for extension in members if has_picture_suffix(f"x.{extension}"))
    if not pictures:
        raise Unreadable(f"no picture among its members: {', '.join(sorted(members))}")
    return decode(members[pictures[0]], key)


def _label(members: dict[str, bytes]) -> str | None:
    for extension in _LABELS:
        if extension in members:
            return members[extension].decode("utf-8", "replace").strip()
    return None
