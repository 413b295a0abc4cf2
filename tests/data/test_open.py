"""Which kind a source text means, and what is said when it means none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from acutance.data import SOURCES, ImageSet
from acutance.errors import ConfigError, SourceError

Open = Callable[..., ImageSet]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "builtin:icon",
            r"no source 'builtin:icon'; did you mean 'builtin:icons'\? known: builtin:glyph-stacks, builtin:glyphs, ",
        ),
        ("synthetic:edge", "did you mean 'synthetic:edges'"),
        ("builtin:", "known: builtin:glyph-stacks, builtin:glyphs"),
        ("nowhere", "no source 'nowhere', and no such file or folder"),
        ("built-in:icons", "no such file or folder; did you mean 'builtin:icons'"),
        ("", "the source is empty; name one"),
        ("folder:nowhere", "is not a folder"),
        ("npy:nowhere.npy", "cannot be read"),
        ("npz:nowhere.npz", "cannot be read"),
        ("zip:nowhere.zip", "cannot be read"),
        ("wds:", "no shard matches"),
    ],
)
def test_what_is_not_there_is_explained(opened: Open, source: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        opened(source)


def test_other_files_are_no_sources(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "one.png").write_bytes(b"?")
    with pytest.raises(SourceError, match="is no source; give a folder of pictures"):
        opened(str(tmp_path / "one.png"))


@pytest.mark.parametrize("size", [0, -3, 9000])
def test_sizes_are_checked(opened: Open, size: int) -> None:
    with pytest.raises(ConfigError, match=f"from 1 to 8192, got {size}"):
        opened("builtin:icons", size=size)


def test_channels_are_checked(opened: Open) -> None:
    with pytest.raises(ConfigError, match="got 2"):
        opened("builtin:icons", channels=2)


def test_a_path_may_hold_anything(folder: Path, opened: Open) -> None:
    odd = folder.rename(folder.with_name("a folder: what? [1] é"))
    assert len(opened(str(odd))) == 12
    assert len(opened(f"folder:{odd}")) == 12


def test_a_home_folder_is_found(folder: Path, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    assert len(opened(f"~/{folder.name}")) == 12


def test_only_what_is_asked_for_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from acutance.data import open_source\n"
        "open_source('synthetic:edges?n=2', cache=Path(sys.argv[1]), size=8)\n"
        "print([m for m in ('datasets', 'webdataset', 'skimage', 'matplotlib', 'fonticon_mdi7') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_catalog_holds_every_promised_kind() -> None:
    promised = (
        "builtin_icons builtin_photos builtin_glyphs builtin_icon_pairs synthetic_edges synthetic_dead_leaves "
        "synthetic_gaussian_field folder zip npz npy hf wds"
    )
    assert set(promised.split()) <= set(SOURCES.names())


def test_a_new_kind_is_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, opened: Open) -> None:
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "builtin_dots.py").write_text(
        "import numpy as np\n"
        "from acutance.data._item import Item, Listing, Options\n"
        "def listing(argument, options):\n"
        "    dot = np.eye(4, dtype=np.uint8) * 255\n"
        "    items = lambda: (Item(name=f'{c}.png', load=lambda: dot) for c in 'abc')\n"
        "    return Listing(key=('dots',), items=items, options=options)\n"
    )
    import acutance.data.sources as package

    monkeypatch.setattr(package, "__path__", [*package.__path__, str(extra)])
    assert len(opened("builtin:dots")) == 3
    with pytest.raises(SourceError, match="did you mean 'builtin:dots'"):
        opened("builtin:dotz")
