"""What is built in: counts, groups, and that the drawings are what they should be."""

from __future__ import annotations

import importlib
import math
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from acutance.data import ImageSet, open_pairs, open_source
from acutance.data.sources._mdi import draw_icon, glyphs
from acutance.errors import SourceError


def test_icons_are_all_there(icons: ImageSet) -> None:
    assert len(icons) == len(glyphs())
    if version("fonticon-materialdesignicons7") == "7.2.96":
        assert len(icons) == 7296
    assert icons.shape == (1, 32, 32)
    assert {"account-outline.png", "import.png", "lambda.png", "ab-testing.png"} <= set(icons.names)
    assert Counter(icons.groups)["account"] == sum(n.split(".")[0].split("-")[0] == "account" for n in icons.names)


def test_every_icon_is_drawn_with_an_even_margin(icons: ImageSet) -> None:
    pixels = icons.images[..., 0]
    assert (pixels.max(axis=(1, 2)) > 200).mean() > 0.999
    assert (pixels.max(axis=(1, 2)) > 0).all()
    covered = (pixels > 127).mean(axis=0)
    assert covered[[0, -1]].max() == 0 == covered[:, [0, -1]].max(), "the border stays black"
    assert min(covered[3:-3].max(axis=1).min(), covered[:, 3:-3].max(axis=0).min()) > 0.05, "the rest is used"
    rows, columns = covered.sum(1), covered.sum(0)
    place = np.arange(32) - 15.5
    assert abs((rows * place).sum() / rows.sum()) < 0.7
    assert abs((columns * place).sum() / columns.sum()) < 0.3


def test_icons_are_antialiased(icons: ImageSet) -> None:
    """Drawn small they are the large drawing, averaged: no jaggies and no shift."""
    names = ["account", "circle-outline", "slash-forward", "atom"]
    rows = [icons.names.index(f"{name}.png") for name in names]
    large = np.stack([np.asarray(draw_icon(name, 256), float) for name in names])
    averaged = large.reshape(4, 32, 8, 32, 8).mean(axis=(2, 4))
    small = icons.images[rows, :, :, 0].astype(float)
    assert np.abs(small - averaged).mean() < 3.0
    assert len(np.unique(small)) > 50


def test_icons_may_be_asked_for_in_colour_and_in_other_sizes(shared_cache: Path) -> None:
    found = open_source("builtin:icons", size=12, channels=3, cache=shared_cache)
    assert found.shape == (3, 12, 12)
    assert (found.images == found.images[..., :1]).all()


def test_icon_pairs(shared_cache: Path, icons: ImageSet) -> None:
    pairs = open_pairs("builtin:icon-pairs", cache=shared_cache)
    names = {name.removesuffix(".png") for name in icons.names}
    assert len(pairs) == sum(f"{name}-outline" in names for name in names)
    assert pairs.input.names == pairs.target.names
    row = {name: i for i, name in enumerate(icons.names)}
    for i in range(0, len(pairs), 97):
        stem = pairs.target.names[i].removesuffix(".png")
        assert np.array_equal(pairs.target.images[i], icons.images[row[f"{stem}.png"]])
        assert np.array_equal(pairs.input.images[i], icons.images[row[f"{stem}-outline.png"]])
    ink = [side.images.mean() for side in (pairs.input, pairs.target)]
    assert ink[0] < ink[1], "outlines have less ink"


def test_icon_pairs_split_without_leaks(shared_cache: Path) -> None:
    train, held_out = open_pairs("builtin:icon-pairs", cache=shared_cache).split()
    for side in ("input", "target"):
        one, other = (getattr(part, side) for part in (train, held_out))
        assert not set(one.groups) & set(other.groups)
    contents = [{d.tobytes() for s in (p.input, p.target) for d in s.digests} for p in (train, held_out)]
    assert not contents[0] & contents[1]
    assert len(held_out) > 50


def test_photos_are_patches_of_photographs_that_are_there(shared_cache: Path) -> None:
    found = open_source("builtin:photos", cache=shared_cache)
    assert found.shape == (3, 64, 64)
    data = Path(importlib.import_module("skimage").__file__).parent / "data"
    astronaut = np.asarray(Image.open(data / "astronaut.png"))
    row = found.names.index("astronaut-1-64-96.png")
    assert np.array_equal(found.images[row], astronaut[64:128, 96:160])
    sizes = Counter(found.groups)
    assert len(sizes) == 16
    assert max(sizes.values()) < 0.2 * len(found)
    assert {name.split("-")[1] for name in found.names} == {"1", "2", "4"}
    assert min(int(np.ptp(image)) for image in found.images) >= 8


def test_patches_larger_than_the_photographs_are_refused(shared_cache: Path) -> None:
    with pytest.raises(SourceError, match="too small for 600"):
        open_source("builtin:photos", size=600, cache=shared_cache)


def test_photos_are_split_by_photograph(shared_cache: Path) -> None:
    train, held_out = open_source("builtin:photos", cache=shared_cache).split()
    assert set(held_out.groups) == {"photo:coffee", "photo:motorcycle"}
    assert not {name.split("-")[0] for name in train.names} & {name.split("-")[0] for name in held_out.names}


def test_glyphs_have_exactly_the_modes_they_say(shared_cache: Path) -> None:
    found = open_source("builtin:glyphs", cache=shared_cache)
    answers: Any = found.answers
    assert answers.modes == len(answers.letters) * len(answers.fonts) == len(found) == 60 * 17
    assert found.labels is not None
    assert len(set(found.labels)) == answers.modes
    assert len({d.tobytes() for d in found.digests}) == answers.modes, "no two modes look the same"
    assert found.images.max(axis=(1, 2, 3)).min() > 100
    assert found.images[:, [0, -1]].max() == 0, "no letter is cut off at the top or bottom"


def test_copies_differ_and_modes_stay_apart(shared_cache: Path) -> None:
    found = open_source("builtin:glyphs?copies=3", cache=shared_cache)
    assert found.labels is not None
    assert Counter(found.labels).most_common()[0][1] == Counter(found.labels).most_common()[-1][1] == 3
    assert len(found) == 3 * found.answers.modes
    pixels = found.tensor().reshape(-1, 3, 32 * 32)
    own = torch.cdist(pixels[:, 1:], pixels[:, :1]).amax(dim=(1, 2))
    assert float(own.min()) > 0, "copies differ"
    nearest = torch.cdist(pixels[:, 0], pixels[:, 0]).fill_diagonal_(math.inf).amin(dim=1)
    assert float(nearest.min()) > 0.9
    typefaces = [{group.split()[1] for group in part.groups} for part in found.split(0.3)]
    assert len(typefaces[0]) == len(typefaces[1]) == 6, "every typeface is on both sides"


def test_glyph_stacks_show_what_their_labels_say(shared_cache: Path) -> None:
    found = open_source("builtin:glyph-stacks?n=250", cache=shared_cache)
    assert found.shape == (3, 16, 16)
    assert found.answers.modes == 125
    assert found.labels is not None
    assert set(Counter(found.labels).values()) == {2}, "every mode is there, as often as every other"
    letters = open_source("builtin:glyphs?copies=4", size=16, cache=shared_cache)
    assert letters.labels is not None
    shown = {image.tobytes(): label[0] for image, label in zip(letters.images, letters.labels, strict=True)}
    for image, label in zip(found.images, found.labels, strict=True):
        assert [shown[image[..., [colour]].tobytes()] for colour in range(3)] == label.split()


def test_with_one_drawing_a_digit_every_mode_of_glyph_stacks_is_one_image(shared_cache: Path) -> None:
    found = open_source("builtin:glyph-stacks?n=250&drawings=1", cache=shared_cache)
    assert found.labels is not None
    assert len({image.tobytes() for image in found.images}) == found.answers.modes == 125
    assert np.array_equal(found.images[:125], found.images[125:])


def test_a_glyph_stack_is_the_same_whatever_their_number(shared_cache: Path) -> None:
    few, many, other = (
        open_source(f"builtin:glyph-stacks?{text}", cache=shared_cache) for text in ("n=30", "n=40", "n=30&seed=1")
    )
    assert np.array_equal(few.images, many.images[:30])
    assert few.labels == other.labels
    assert not np.array_equal(few.images, other.images)


@pytest.mark.parametrize("argument", ["digits=1", "digits=11", "n=0", "copies=2", "drawings=0", "drawings=69"])
def test_wrong_stacks_are_explained(shared_cache: Path, argument: str) -> None:
    with pytest.raises(SourceError, match="builtin:glyph-stacks"):
        open_source(f"builtin:glyph-stacks?{argument}", cache=shared_cache)


@pytest.mark.parametrize("argument", ["copies=0", "copies=x", "copy=2", "copies=2&copies=3", "copies"])
def test_wrong_parameters_are_explained(shared_cache: Path, argument: str) -> None:
    with pytest.raises(SourceError, match="builtin:glyphs"):
        open_source(f"builtin:glyphs?{argument}", cache=shared_cache)


@pytest.mark.parametrize("name", ["icons", "icon-pairs", "photos"])
def test_no_parameters_means_none(shared_cache: Path, name: str) -> None:
    with pytest.raises(SourceError, match=f"builtin:{name} takes no parameters, got 'n=3'"):
        open_source(f"builtin:{name}?n=3", cache=shared_cache)


def test_without_the_font_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = importlib.import_module

    def missing(name: str, package: str | None = None) -> Any:
        if name == "fonticon_mdi7":
            raise ModuleNotFoundError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", missing)
    glyphs.cache_clear()
    with pytest.raises(SourceError, match="pip install fonticon-materialdesignicons7"):
        open_source("builtin:icons", cache=tmp_path)
