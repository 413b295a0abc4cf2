"""Sets that hold both sides of pairs, told from their names: `input/NAME` and `target/NAME`."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

__all__ = ["INPUT", "TARGET", "are_sides", "keys", "matching", "sides_together", "stem"]

INPUT, TARGET = "input/", "target/"

Places = dict[str, int]
"""Where in a list stands what is called so; see `keys`."""


def are_sides(names: Sequence[str]) -> bool:
    """Whether every name lies under `input/` or `target/`, and there are both."""
    return {name.partition("/")[0] + "/" for name in names} == {INPUT, TARGET} and all("/" in name for name in names)


def sides_together(names: Sequence[str], groups: Sequence[str]) -> tuple[str, ...]:
    """The groups of images, a target's being that of its input; as they are where the names are not of two sides.

    So what holds images back as images holds back the same pairs, and no pair has one side in training only.

    Args:
        names: of the images.
        groups: of each, by its own name or its source.
    """
    if not are_sides(names):
        return tuple(groups)
    inputs, targets = matching(*(_of_side(names, side) for side in (INPUT, TARGET)))
    found = [*groups]
    for name in inputs.keys() & targets.keys():
        found[targets[name]] = groups[inputs[name]]
    return tuple(found)


def keys(names: Sequence[str]) -> list[str]:
    """What each name pairs up by: itself without its suffix; where two would be called alike, each keeps its own.

    So a set pairs with itself, and with what was made of it under names that keep both suffixes.

    Example:
        >>> keys(["a/x.jpg", "a/y.bmp", "a/y.gif"]), keys(["a/x.png", "a/y.bmp.png", "a/y.gif.png"])
        (['a/x', 'a/y.bmp', 'a/y.gif'], ['a/x', 'a/y.bmp', 'a/y.gif'])
    """
    stems = [stem(name) for name in names]
    count = Counter(stems)
    return [short if count[short] == 1 else name for name, short in zip(names, stems, strict=True)]


def stem(name: str) -> str:
    """A name without its suffix."""
    return PurePosixPath(name).with_suffix("").as_posix()


def matching(inputs: Places, targets: Places) -> tuple[Places, Places]:
    """Both by names that some of them share: a folder that holds all of one side may be left out of its names.

    Args:
        inputs: one side.
        targets: the other.

    Returns:
        The same places; the names are as they were where no folder can be left out.
    """
    ways = (inputs, targets), (_inside(inputs), targets), (inputs, _inside(targets))
    return next((way for way in ways if way[0].keys() & way[1].keys()), ways[0])


def _of_side(names: Sequence[str], side: str) -> Places:
    rows = [i for i, name in enumerate(names) if name.startswith(side)]
    return dict(zip(keys([names[i].removeprefix(side) for i in rows]), rows, strict=True))


def _inside(places: Places) -> Places:
    """Names within the one folder that holds them all; as they are where there is none."""
    folder = posixpath.commonpath([posixpath.dirname(name) for name in places]) if places else ""
    return {name.removeprefix(f"{folder}/"): place for name, place in places.items()}
