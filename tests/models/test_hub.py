"""Models on a hub, which here is a folder: nothing is asked of the network."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import torch
from small_models import small_model, weights

from acutance.errors import ConfigError, SubjectError
from acutance.models import from_pretrained
from acutance.models._hub import is_hub_name
from acutance.subjects import open_subject


@dataclass
class FolderHub:
    """A hub whose repositories are folders."""

    root: Path
    made: list[tuple[str, bool | None, bool]] = field(default_factory=list)

    def create_repo(self, repo_id: str, *, private: bool | None, exist_ok: bool) -> None:
        (self.root / repo_id).mkdir(parents=True, exist_ok=exist_ok)
        self.made.append((repo_id, private, exist_ok))

    def upload_folder(self, *, repo_id: str, folder_path: str | Path, commit_message: str) -> None:
        assert commit_message
        shutil.copytree(folder_path, self.root / repo_id, dirs_exist_ok=True)

    def snapshot_download(self, name: str, *, allow_patterns: list[str]) -> str:
        if not (self.root / name).is_dir():
            raise RuntimeError(f"404 for {name}\nand more")
        assert "model.safetensors" in allow_patterns
        return str(self.root / name)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderHub:
    found = FolderHub(tmp_path / "hub")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", found.snapshot_download)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return found


def test_what_is_pushed_comes_back_bit_for_bit(hub: FolderHub) -> None:
    model = small_model("spatial_vae")
    model.push_to_hub("me/icons", card="# icons\n", private=True, hub=hub)
    assert hub.made == [("me/icons", True, True)]
    assert sorted(file.name for file in (hub.root / "me" / "icons").iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]
    for again in (from_pretrained("me/icons"), open_subject("hub:me/icons").model):
        assert isinstance(again, torch.nn.Module)
        assert all(torch.equal(value, weights(again)[name]) for name, value in weights(model).items())
    model.push_to_hub("me/icons", hub=hub)
    assert open_subject("hub:me/icons").name == "icons"


def test_a_folder_here_goes_before_the_hub(hub: FolderHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(*given: Any, **more: Any) -> str:
        raise AssertionError("the hub was asked")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unwanted)
    small_model("ae").save_pretrained("runs/ae")
    assert from_pretrained("runs/ae").family == "ae"
    for typo in ("runs/ea", "/runs/ae", "runs", "./runs/ea", "a/b/c"):
        assert not is_hub_name(typo)
        with pytest.raises(SubjectError, match="has no config"):
            from_pretrained(typo)


@pytest.mark.parametrize("name", ["icons", "me/icons/more", "me/", "/icons", "me/ic ons", ""])
def test_a_name_that_is_none_is_refused_before_anything_is_written(name: str, hub: FolderHub) -> None:
    with pytest.raises(ConfigError, match="OWNER/NAME"):
        small_model("ae").push_to_hub(name, hub=hub)
    assert not hub.made


def test_what_the_hub_refuses_is_told_in_one_line(hub: FolderHub) -> None:
    class Closed(FolderHub):
        def create_repo(self, repo_id: str, *, private: bool | None, exist_ok: bool) -> None:
            raise RuntimeError("401 Unauthorized\nlong text")

    with pytest.raises(
        ConfigError, match=r"did not take 'me/icons' \(RuntimeError: 401 Unauthorized\); check the name"
    ):
        small_model("ae").push_to_hub("me/icons", hub=Closed(hub.root))
    with pytest.raises(SubjectError, match=r"the hub gave none \(RuntimeError: 404 for me/nothing\)"):
        from_pretrained("me/nothing")
    with pytest.raises(SubjectError, match="a repository is called OWNER/NAME"):
        open_subject("hub:me")
