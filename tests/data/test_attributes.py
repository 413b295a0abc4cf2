"""Attributes from names and from CSV files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from acutance.data import ImageSet, has_attribute, image_set
from acutance.errors import SourceError

NAMES = ("a/walk-outline.png", "a/walk.png", "b/Run_Outline2.png", "b/outlined.png")


def images() -> ImageSet:
    pixels = np.arange(4 * 16, dtype=np.uint8).reshape(4, 4, 4, 1)
    return image_set(pixels, names=NAMES)


def table(folder: Path, text: str) -> Path:
    file = folder / "labels.csv"
    file.write_text(text)
    return file


def test_a_word_is_a_whole_word_of_the_name() -> None:
    assert has_attribute(images(), "outline").tolist() == [True, False, False, False]
    assert has_attribute(images(), "WALK").tolist() == [True, True, False, False]
    assert has_attribute(images(), "b").tolist() == [False, False, True, True]


def test_a_column_is_read_by_name_in_any_order_with_suffix_or_without(tmp_path: Path) -> None:
    rows = "b/outlined,1,no\na/walk.jpg,-1,yes\nelse.png,0,no\na/walk-outline.png,1.0,no\nb/Run_Outline2.png,0,TRUE\n"
    file = table(tmp_path, "image,thick,old\n" + rows)
    assert has_attribute(images(), "thick", file).tolist() == [True, False, False, True]
    assert has_attribute(images(), "old", file).tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("attribute", "text", "said"),
    [
        ("thicc", "image,thick\n", "has no column 'thicc'; did you mean 'thick'"),
        ("image", "image,thick\n", "has no column 'image'"),
        ("thick", "", "has no column 'thick'"),
        ("thick", "image,thick\na/walk.png,1\n", "says nothing of 3 of 4 images: a/walk-outline.png"),
        ("thick", "image,thick\n" + "".join(f"{name},maybe\n" for name in NAMES), "says 'maybe' of a/walk-outline.png"),
        ("thick", "image,thick\n" + "".join(f"{name},1\n" for name in NAMES), "all have column 'thick'"),
    ],
)
def test_labels_that_do_not_fit_are_refused(tmp_path: Path, attribute: str, text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        has_attribute(images(), attribute, table(tmp_path, text))


def test_a_word_that_no_name_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="none has the word 'blue' in their names: there is nothing to compare"):
        has_attribute(images(), "blue")
    with pytest.raises(SourceError, match="cannot be read"):
        has_attribute(images(), "blue", tmp_path / "missing.csv")
