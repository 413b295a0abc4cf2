"""A cache for each test, one shared by all that only read what is built in, and small pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from acutance.data import ImageSet, open_source

Open = Callable[..., ImageSet]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """`open_source` with a cache of its own."""
    return partial(open_source, cache=tmp_path / "cache")


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared-cache")


@pytest.fixture(scope="session")
def icons(shared_cache: Path) -> ImageSet:
    return open_source("builtin:icons", cache=shared_cache)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve different grey PNGs of 8 x 8, called word-number."""
    root = tmp_path / "pictures"
    root.mkdir()
    rng = np.random.default_rng(0)
    words = ("apple", "boat", "cloud", "door", "egg", "fish")
    for i in range(12):
        Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8)).save(root / f"{words[i // 2]}-{i}.png")
    return root
