"""What holds for every kind of source."""

from __future__ import annotations

import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from acutance.data import SOURCES, ImageSet, open_source


def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), np.uint8)


def a_folder(root: Path) -> str:
    (root / "folder").mkdir()
    for i, image in enumerate(pixels()):
        Image.fromarray(image).save(root / "folder" / f"{'abcdefghijkl'[i]}.png")
    return str(root / "folder")


def a_zip(root: Path) -> str:
    with zipfile.ZipFile(root / "a.zip", "w") as archive:
        for file in sorted(Path(a_folder(root)).iterdir()):
            archive.write(file, file.name)
    return str(root / "a.zip")


def some_shards(root: Path) -> str:
    with tarfile.open(root / "a.tar", "w") as archive:
        for file in sorted(Path(a_folder(root)).iterdir()):
            archive.add(file, file.name)
    return f"wds:{root / 'a.tar'}"


def an_npy(root: Path) -> str:
    np.save(root / "a.npy", pixels())
    return str(root / "a.npy")


def an_npz(root: Path) -> str:
    np.savez(root / "a.npz", pixels())
    return str(root / "a.npz")


def a_dataset(root: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    features = datasets.Features({"image": datasets.Image()})
    rows = {"image": [Image.fromarray(image) for image in pixels()]}
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(root / "saved")
    return str(root / "saved")


def two_folders(root: Path) -> str:
    first = a_folder(root)
    (root / "other").mkdir()
    for file in Path(first).iterdir():
        with Image.open(file) as picture:
            Image.fromarray(255 - np.asarray(picture)).save(root / "other" / file.name)
    return f"pairs:{first}:{root / 'other'}"


MADE: dict[str, Callable[[Path], str]] = {
    "folder": a_folder,
    "zip": a_zip,
    "wds": some_shards,
    "npy": an_npy,
    "npz": an_npz,
    "hf": a_dataset,
    "pairs": two_folders,
    "reversed": lambda root: f"reversed:{two_folders(root)}",
    "ab": lambda root: f"ab:{a_folder(root)}",
    "edges": lambda root: f"edges:{a_folder(root)}",
    "builtin_icons": lambda root: "builtin:icons",
    "builtin_icon_pairs": lambda root: "builtin:icon-pairs",
    "builtin_glyphs": lambda root: "builtin:glyphs",
    "builtin_glyph_stacks": lambda root: "builtin:glyph-stacks?n=30",
    "builtin_photos": lambda root: "builtin:photos",
    "synthetic_edges": lambda root: "synthetic:edges?n=30",
    "synthetic_gaussian_field": lambda root: "synthetic:gaussian-field?n=30",
    "synthetic_dead_leaves": lambda root: "synthetic:dead-leaves?n=30",
}


@pytest.fixture(scope="module", params=SOURCES.names())
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One source of every kind; a new kind needs a line in MADE to be covered by these laws."""
    return MADE[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def images(source: str, shared_cache: Path) -> ImageSet:
    return open_source(source, cache=shared_cache)


def test_the_parts_fit_together(images: ImageSet, source: str) -> None:
    n, (channels, height, width) = len(images), images.shape
    assert images.source == source
    assert n >= 12
    assert channels in (1, 3)
    assert images.images.shape == (n, height, width, channels)
    assert images.images.dtype == np.uint8
    assert isinstance(images.images, np.memmap)
    assert not images.images.flags.writeable
    assert len(images.names) == len(images.groups) == len(set(images.names)) == n
    assert images.labels is None or len(images.labels) == n
    assert images.skipped == ()
    assert len(images.fingerprint) == 32


def test_names_are_relative_paths_that_differ_on_every_file_system(images: ImageSet) -> None:
    assert not [name for name in images.names if name.startswith("/") or ".." in name.split("/") or "\\" in name]
    assert len({name.lower() for name in images.names}) == len(images)
    assert all(name.endswith(".png") for name in images.names)


def test_opening_again_gives_the_same(images: ImageSet, source: str, tmp_path: Path, shared_cache: Path) -> None:
    for cache in (shared_cache, tmp_path):
        again = open_source(source, cache=cache)
        assert (again.fingerprint, again.names, again.groups) == (images.fingerprint, images.names, images.groups)


def test_tensors_are_in_the_unit_range(images: ImageSet) -> None:
    found = images.tensor(torch.arange(12))
    assert found.shape == (12, *images.shape)
    assert 0.0 <= float(found.min()) < float(found.max()) <= 1.0
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_the_split_is_clean(images: ImageSet) -> None:
    train, held_out = images.split(0.2)
    assert len(train) + len(held_out) == len(images)
    assert min(len(train), len(held_out)) > 0
    assert not set(train.groups) & set(held_out.groups)
    assert not {d.tobytes() for d in train.digests} & {d.tobytes() for d in held_out.digests}
    assert train.answers is images.answers


@pytest.mark.parametrize("channels", [1, 3])
def test_size_and_channels_are_obeyed(source: str, channels: int, shared_cache: Path) -> None:
    if "dead-leaves" in source:
        source = f"{source}&r_min=1.5"
    assert open_source(source, size=12, channels=channels, cache=shared_cache).shape == (channels, 12, 12)
