"""Sets that hold both sides of pairs, told from their names: `input/NAME` and `target/NAME`."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import PurePosixPath

__all__ = ["INPUT", "TARGET", "are_sides", "matching", "sides_together", "stem"]

INPUT, TARGET = "input/", "target/"

Places = dict[str, int]
"""Where in a list each name stands, without its suffix."""


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
    inputs, targets = (
        {stem(name.removeprefix(side)): i for i, name in enumerate(names) if name.startswith(side)}
        for side in (INPUT, TARGET)
    )
    inputs, targets = matching(inputs, targets)
    found = [*groups]
    for name in inputs.keys() & targets.keys():
        found[targets[name]] = groups[inputs[name]]
    return tuple(found)


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


def _inside(places: Places) -> Places:
    """Names within the one folder that holds them all; as they are where there is none."""
    folder = posixpath.commonpath([posixpath.dirname(name) for name in places]) if places else ""
    return {name.removeprefix(f"{folder}/"): place for name, place in places.items()}
