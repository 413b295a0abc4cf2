"""From a user's words to a model, or to a message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from acutance.errors import SubjectError
from acutance.models import Autoencoder, Generator, families
from acutance.subjects import KINDS, open_subject


def saved(folder: Path, family: str = "vae", **record: Any) -> Path:
    """A small untrained model, with a run's record if there is something to say in it."""
    config = families.load(family)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config(widths=(8,), latents=4).build((1, 8, 8)).save_pretrained(folder)
    if record:
        (folder / "run.json").write_text(json.dumps(record))
    return folder


def test_a_saved_model_without_a_run(tmp_path: Path) -> None:
    found = open_subject(str(saved(tmp_path / "small")))
    assert (found.name, found.model.family, found.made, found.trained_on) == ("small", "vae", {}, None)
    assert not found.model.training


def test_a_run_tells_how_it_was_made(tmp_path: Path) -> None:
    data = {"source": "pics", "images": 3, "fingerprint": "0f"}
    saved(tmp_path / "run", seed=4, data=data, warnings=["posterior collapse since step 3"], other=1)
    found = open_subject(f"run:{tmp_path}/run")
    assert found.made == {"seed": 4, "data": data}
    assert found.warnings == ("posterior collapse since step 3",)
    assert found.trained_on is not None
    assert (found.trained_on.source, found.trained_on.images, found.trained_on.digests) == ("pics", 3, None)


def test_asking_for_what_it_can_do(tmp_path: Path) -> None:
    vae, ae = (open_subject(str(saved(tmp_path / family, family))) for family in ("vae", "ae"))
    assert isinstance(vae.autoencoder("x"), Autoencoder)
    assert isinstance(vae.generator(), Generator)
    with pytest.raises(SubjectError, match="ae has no prior"):
        ae.generator()


def test_asking_a_generator_to_encode(tmp_path: Path) -> None:
    folder = tmp_path / "gan"
    families.load("gan")(widths=(8,), critic_widths=(8,), latents=4).build((1, 8, 8)).save_pretrained(folder)
    with pytest.raises(SubjectError, match="cannot reconstruct images: the family gan has no encoder"):
        open_subject(str(folder)).autoencoder("reconstruct images")


def test_every_kind_that_the_interface_names_is_there() -> None:
    kinds = {"diffusers", "hub", "onnx", "pairs", "pythae", "python", "run", "samples", "torchscript", "zoo"}
    assert {*KINDS.names()} == kinds


def test_a_misspelt_kind_is_helped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SubjectError, match="no kind of subject 'difusers'; did you mean 'diffusers'"):
        open_subject("difusers:x")
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "with:colon")
    assert open_subject("with:colon").model.family == "vae"


@pytest.mark.parametrize("kind", sorted({*KINDS.names()} - {"run"}))
def test_a_kind_with_nothing_behind_it(kind: str) -> None:
    with pytest.raises(SubjectError, match=f"'{kind}:' names nothing"):
        open_subject(f"{kind}:")


@pytest.mark.parametrize("kind", sorted({*KINDS.names()} - {"run", "python"}))
def test_a_path_that_is_not_there_is_one_message_that_names_it(kind: str, tmp_path: Path) -> None:
    with pytest.raises(SubjectError) as caught:
        open_subject(f"{kind}:{tmp_path}/none:{tmp_path}/nor-this")
    assert f"{tmp_path}/none" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["{", "[]", '"x"'])
def test_a_damaged_record(tmp_path: Path, content: str) -> None:
    saved(tmp_path)
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(SubjectError, match=r"run\.json"):
        open_subject(str(tmp_path))


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="there is no folder"):
        open_subject(str(tmp_path / "nothing"))
    with pytest.raises(SubjectError, match="not finished"):
        (tmp_path / "begun").mkdir()
        (tmp_path / "begun" / "run.json").write_text("{}")
        open_subject(str(tmp_path / "begun"))
