"""Real datasets of the `datasets` library, saved to disk."""

from __future__ import annotations

import builtins
import importlib
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from acutance.data import ImageSet
from acutance.errors import SourceError

with warnings.catch_warnings():  # what other libraries warn about on import is theirs
    warnings.simplefilter("ignore")
    datasets = pytest.importorskip("datasets")

Open = Callable[..., ImageSet]
PIXELS = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 3), np.uint8)


def made(n: int = 7, **columns: Any) -> Any:
    features = {"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])}
    rows = {"image": [Image.fromarray(p) for p in PIXELS[:n]], "label": [i % 2 for i in range(n)]} | columns
    return datasets.Dataset.from_dict(rows, features=datasets.Features(features))


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    datasets.disable_progress_bars()


@pytest.mark.parametrize("form", ["{}", "hf:{}"])
def test_a_saved_dataset(tmp_path: Path, opened: Open, form: str) -> None:
    made().save_to_disk(tmp_path / "saved")
    found = opened(form.format(tmp_path / "saved"))
    assert np.array_equal(found.images, PIXELS)
    assert found.labels == ("cat", "dog", "cat", "dog", "cat", "dog", "cat")
    assert len(set(found.names)) == 7


@pytest.mark.parametrize("text", ["hf:", "hf::"])
def test_a_name_is_needed(opened: Open, text: str) -> None:
    with pytest.raises(SourceError, match="a name must stand behind hf:"):
        opened(text)


def test_what_cannot_be_loaded_is_one_message(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreachable(name: str) -> None:
        logging.getLogger("huggingface_hub.utils").warning("Retrying in 1s")
        raise ConnectionError("no route")

    monkeypatch.setattr(datasets, "load_dataset", unreachable)
    with pytest.raises(SourceError, match="'faces' cannot be loaded: no route; check its name and the network"):
        opened("hf:faces")
    assert not caplog.records


def test_splits(tmp_path: Path, opened: Open) -> None:
    where = tmp_path / "saved"
    datasets.DatasetDict(train=made(4), test=made(3)).save_to_disk(where)
    assert len(opened(str(where))) == 4
    assert len(opened(f"hf:{where}:test")) == 3
    with pytest.raises(SourceError, match=r"no split 'tset'; did you mean 'test'"):
        opened(f"hf:{where}:tset")
    datasets.DatasetDict(a=made(4), b=made(3)).save_to_disk(tmp_path / "two")
    with pytest.raises(SourceError, match="has the splits a, b; name one"):
        opened(str(tmp_path / "two"))
    made().save_to_disk(tmp_path / "one")
    with pytest.raises(SourceError, match="without splits; leave out 'test'"):
        opened(f"hf:{tmp_path / 'one'}:test")


def test_names_of_files_are_kept_and_bad_cells_skipped(folder: Path, tmp_path: Path, opened: Open) -> None:
    files = sorted(str(path) for path in folder.iterdir()) * 2
    cells = [{"path": path, "bytes": None} for path in files] + [{"path": "bad.png", "bytes": b"?"}]
    data = datasets.Dataset.from_dict({"photo": cells}, features=datasets.Features({"photo": datasets.Image()}))
    data.save_to_disk(tmp_path / "saved")
    found = opened(f"hf:{tmp_path / 'saved'}")
    assert found.names[:2] == ("apple-0.png", "apple-1.png")
    assert found.names[12] == "000012-apple-0.png"
    assert [bad.name for bad in found.skipped] == ["bad.png"]
    assert found.labels is None


def test_a_dataset_without_pictures_says_what_it_has(tmp_path: Path, opened: Open) -> None:
    datasets.Dataset.from_dict({"text": ["a"], "n": [1]}).save_to_disk(tmp_path / "saved")
    with pytest.raises(SourceError, match="none of its columns has the type Image; it has text, n"):
        opened(str(tmp_path / "saved"))


def test_a_damaged_dataset_is_an_error(tmp_path: Path, opened: Open) -> None:
    made().save_to_disk(tmp_path / "saved")
    (tmp_path / "saved" / "state.json").write_text("{")
    with pytest.raises(SourceError, match="cannot be opened as a saved dataset"):
        opened(str(tmp_path / "saved"))


def test_a_dataset_that_is_not_there_is_an_error(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise datasets.exceptions.DatasetNotFoundError(f"Dataset {name!r} doesn't exist on the Hub")

    monkeypatch.setattr(datasets, "load_dataset", missing)
    with pytest.raises(SourceError, match=r"'no/such' cannot be loaded: .*save_to_disk"):
        opened("hf:no/such:train")


def test_a_dataset_by_name(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "load_dataset", lambda name: datasets.DatasetDict(train=made(), test=made(3)))
    assert (len(opened("hf:some/name")), len(opened("hf:some/name:test"))) == (7, 3)


def test_without_the_library_the_message_says_what_to_install(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.import_module

    def missing(name: str, package: str | None = None) -> Any:
        if name == "datasets":
            raise builtins.ModuleNotFoundError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(SourceError, match=r"pip install 'acutance\[hf\]'"):
        opened("hf:some/name")
