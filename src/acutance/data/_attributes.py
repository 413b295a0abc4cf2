"""Which images have an attribute: by a column of a CSV file, or by a word in their names."""

from __future__ import annotations

import csv
import re
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from acutance.catalog import did_you_mean
from acutance.data._image_set import ImageSet
from acutance.errors import SourceError

__all__ = ["has_attribute"]

_YES = frozenset({"1", "1.0", "true", "yes"})
_NO = frozenset({"0", "0.0", "-1", "-1.0", "false", "no"})
_SHOWN = 3


def has_attribute(images: ImageSet, attribute: str, labels: Path | None = None) -> NDArray[np.bool_]:
    """For every image whether it has an attribute.

    Args:
        images: by their names.
        attribute: a column of `labels`; without labels a word of the name: `walk-outline.png` has `walk` and `outline`.
        labels: a CSV file with a first line of column names; its first column holds the images' names, with suffix or
            without; 1, true, yes mean that an image has the attribute, 0, -1, false, no that it has not.

    Returns:
        (N,) booleans.

    Raises:
        SourceError: no image has it or all have; the file cannot be read, has no such column, another value, or leaves
            images out.
    """
    found = _by_word(images, attribute) if labels is None else _by_column(images, attribute, labels)
    if found.all() or not found.any():
        where = f"column {attribute!r} of {labels}" if labels else f"the word {attribute!r} in their names"
        side = "all have" if found.any() else "none has"
        raise SourceError(
            f"of the {len(images):,} images of {images.source!r} {side} {where}: there is nothing to compare"
        )
    return found


def _by_word(images: ImageSet, attribute: str) -> NDArray[np.bool_]:
    word = attribute.lower()
    return np.array([word in re.split(r"[^a-z0-9]+", name.lower()) for name in images.names])


def _by_column(images: ImageSet, attribute: str, labels: Path) -> NDArray[np.bool_]:
    try:
        with labels.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"the labels {labels} cannot be read: {error}") from error
    header = rows[0] if rows else []
    if attribute not in header[1:]:
        raise SourceError(f"{labels} has no column {attribute!r}; {did_you_mean(attribute, header[1:])}")
    column = header.index(attribute)
    told = {_stem(row[0]): row[column] for row in rows[1:] if len(row) > column}
    lacking = [name for name in images.names if _stem(name) not in told]
    if lacking:
        raise SourceError(
            f"{labels} says nothing of {len(lacking):,} of {len(images):,} images: {', '.join(lacking[:_SHOWN])}; "
            "give it a line for each, or leave them out of the images"
        )
    return np.array([_yes(told[_stem(name)], name, labels) for name in images.names])


def _yes(value: str, name: str, labels: Path) -> bool:
    word = value.strip().lower()
    if word not in _YES | _NO:
        raise SourceError(f"{labels} says {value!r} of {name}; an attribute is 1 or 0, true or false, yes or no")
    return word in _YES


def _stem(name: str) -> str:
    return PurePosixPath(name.strip()).with_suffix("").as_posix()
