"""Which files are near variants of one another, told from their names.

The rule. A file's family is its folder and the first word of its name (words end at `-`, `_`, `.`, a blank or a
bracket): `cat-1.png`, `cat-2.png` and `cat_outline.png` are one family, `0012_a.png` and `0012_b.png` too. Counted
names lose their number (`cat12.png` is of the family `cat`). A first word that says nothing (`img`, `frame`, `dsc`,
...) is joined to the next one: `IMG_0012.jpg` and `IMG_0012-edited.jpg` are a family, `IMG_0013.jpg` is another.

Where this puts the images into fewer than five families, or more than half of them into one, the names do not
tell families apart (`a001 ... a999`); then every file name is a family of its own, copies (`x (1).png`, `x copy.png`)
and other formats of the same name excepted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

__all__ = ["families", "family", "single_family"]

_FEWEST = 5
_WORDS = re.compile(r"[-_.\s()\[\]]+")
_COUNTED = re.compile(r"^(\D+?)\d+$")
_COPY = re.compile(r"(\s*\(\d+\)|[-_ ]+copy([-_ ]*\d+)?|@\dx)+$", re.IGNORECASE)
# fmt: off
_EMPTY_WORDS = frozenset((
    "img", "image", "images", "im", "pic", "picture", "photo", "dsc", "dscn", "dscf", "dcim", "pxl", "mvimg", "scan",
    "screenshot", "frame", "sample", "file", "fake", "real", "rec", "recon", "reconstruction", "input", "target",
    "untitled", "the", "a",
))
# fmt: on


def family(name: str) -> str:
    """The family of one file by the first word of its name.

    Example:
        >>> family("pets/cat-1.png"), family("IMG_0012-edited.jpg")
        ('pets/cat', 'img 0012')
    """
    path = PurePosixPath(name)
    words = [word for word in _WORDS.split(path.stem.lower()) if word] or [path.stem.lower()]
    first = words[0]
    counted = _COUNTED.match(first)
    if first in _EMPTY_WORDS:
        first = " ".join(words[:2])
    elif counted and len(words) == 1 and counted[1] not in _EMPTY_WORDS:
        first = counted[1]
    return _in_folder(path, first)


def single_family(name: str) -> str:
    """The family of one file where every name stands for itself; copies still belong to their original."""
    path = PurePosixPath(name)
    return _in_folder(path, _COPY.sub("", path.stem.lower()) or path.stem.lower())


def families(names: Sequence[str]) -> tuple[str, ...]:
    """The family of each file, by the rule of this module."""
    found = tuple(family(name) for name in names)
    sizes = Counter(found)
    if len(sizes) >= _FEWEST and 2 * max(sizes.values()) <= len(names):
        return found
    return tuple(single_family(name) for name in names)


def _in_folder(path: PurePosixPath, word: str) -> str:
    folder = path.parent.as_posix()
    return word if folder == "." else f"{folder}/{word}"
