"""Models on disk: nothing that runs, nothing half-written, and plain words for what is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from small_models import images_of, small_config, small_model, trained_base, weights

from acutance.errors import ConfigError, InputError, SubjectError
from acutance.models import Autoencoder, Preset, Recipe, families, from_pretrained, presets
from acutance.models import _store as store
from acutance.models._whole_file import replace_file


def described(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "config.json").read_text())
    return found


def spoil(folder: Path, kind: str) -> None:
    description, config = described(folder), folder / "config.json"
    model = folder / "model.safetensors"
    spoilt = {
        "other family": {**description, "family": "vea"},
        "no family": {key: value for key, value in description.items() if key != "family"},
        "other shape": {**description, "shape": [1, 32, 32]},
        "odd shape": {**description, "shape": [1, 17, 16]},
        "short shape": {**description, "shape": [16, 16]},
        "text for a number": {**description, "config": {**description["config"], "latents": "many"}},
        "list for config": {**description, "config": [1, 2]},
        "negative": {**description, "config": {**description["config"], "sigma": -1.0}},
    }
    if kind in spoilt:
        config.write_text(json.dumps(spoilt[kind]))
    elif kind == "cut short":
        model.write_bytes(model.read_bytes()[:500])
    elif kind == "empty":
        model.write_bytes(b"")
    elif kind == "weights of another":
        save_file({"weight": torch.zeros(1)}, model)
    elif kind == "a weight too many":
        save_file({**load_file(model), "more": torch.zeros(1)}, model)


@pytest.mark.parametrize(
    "kind",
    [
        "other family",
        "no family",
        "other shape",
        "odd shape",
        "short shape",
        "text for a number",
        "list for config",
        "negative",
        "cut short",
        "empty",
        "weights of another",
        "a weight too many",
    ],
)
def test_damaged_files_are_a_subject_error(kind: str, tmp_path: Path) -> None:
    small_model("vae").save_pretrained(tmp_path)
    spoil(tmp_path, kind)
    with pytest.raises(SubjectError, match="cannot be loaded, its files are damaged or do not fit"):
        from_pretrained(tmp_path)


def test_a_misspelt_family_suggests_the_nearest(tmp_path: Path) -> None:
    small_model("vae").save_pretrained(tmp_path)
    spoil(tmp_path, "other family")
    with pytest.raises(SubjectError, match="did you mean 'vae'"):
        from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "has no config.json"), ("{", "is not JSON"), ("{}", "no schema"), ("[]", "no schema")],
)
def test_a_folder_that_is_no_model_is_a_subject_error(text: str | None, said: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with pytest.raises(SubjectError, match=said):
        from_pretrained(tmp_path)


def test_a_model_without_weights_says_how_to_get_them(tmp_path: Path) -> None:
    small_model("vae").save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(SubjectError, match=r"is not finished: go on with .* --resume"):
        from_pretrained(tmp_path)


def test_loading_leaves_the_random_state_alone(tmp_path: Path) -> None:
    small_model("vae").save_pretrained(tmp_path)
    state = torch.random.get_rng_state()
    from_pretrained(tmp_path)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_file(tmp_path / "file", fail)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"


def test_presets_of_two_families_may_not_share_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass
    class Other:
        pass

    clash = Preset(model=small_config("ae"), recipe=Recipe(), about="", expect="")
    module = SimpleNamespace(Config=Other, PRESETS={"vae": clash})
    monkeypatch.setitem(store.sys.modules, Other.__module__, module)
    monkeypatch.setattr(families, "names", lambda: ["vae", "other"])
    load = families.load
    monkeypatch.setattr(families, "load", lambda name: Other if name == "other" else load(name))
    with pytest.raises(ConfigError, match="two families have a preset 'vae', one of them other"):
        presets()


def test_every_preset_has_the_name_it_is_listed_under() -> None:
    assert {"ae", "vae", "spatial_vae", "gan", "adversarial_decoder"} <= presets().keys()


# An adversarial decoder


def test_it_needs_a_base() -> None:
    with pytest.raises(ConfigError, match="pass --of RUN"):
        families.load("adversarial_decoder")().build((1, 16, 16))


def test_the_base_must_be_an_autoencoder_for_such_images(tmp_path: Path) -> None:
    small_model("gan").save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="is a gan"):
        small_config("adversarial_decoder", of=str(tmp_path)).build((1, 16, 16))
    with pytest.raises(ConfigError, match=r"for images \(1, 16, 16\); an autoencoder for images \(1, 32, 32\)"):
        small_config("adversarial_decoder").build((1, 32, 32))
    small_model("flow_decoder").save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="is of flow_decoder, whose decoder draws: give the autoencoder"):
        small_config("adversarial_decoder", of=str(tmp_path)).build((1, 16, 16))
    with pytest.raises(SubjectError, match="it has no config"):
        small_config("adversarial_decoder", of=str(tmp_path / "nowhere")).build((1, 16, 16))


@pytest.mark.parametrize("base", ["vae", "ali"])
def test_the_base_must_be_trained_by_a_squared_error(base: str, tmp_path: Path) -> None:
    small_model(base).save_pretrained(tmp_path)
    model = small_config("adversarial_decoder", of=str(tmp_path)).build((1, 16, 16))
    with pytest.raises(ConfigError, match="was never trained or not by one: train refit_decoder on it"):
        model.players()


def test_it_starts_as_its_base() -> None:
    model, base = small_model("adversarial_decoder").eval(), from_pretrained(trained_base())
    assert isinstance(model, Autoencoder)
    assert isinstance(base, Autoencoder)
    assert torch.equal(model.reconstruct(images_of(4)), base.reconstruct(images_of(4)))
    assert not [name for name, value in model.base.named_parameters() if value.requires_grad]
    model.train()
    assert not model.base.training


@pytest.mark.parametrize(("of", "draws"), [("ae", False), ("spatial_vae", True)])
def test_it_can_draw_samples_if_its_base_can(of: str, draws: bool, tmp_path: Path) -> None:
    from acutance.models import Generator

    base = small_model(of)
    assert isinstance(base, Autoencoder)
    base.track_mse(torch.tensor(0.01))
    base.save_pretrained(tmp_path)
    model = small_config("adversarial_decoder", of=str(tmp_path)).build((1, 16, 16))
    assert isinstance(model, Generator) is draws
    model.save_pretrained(tmp_path / "next")
    chained = small_config("adversarial_decoder", of=str(tmp_path / "next"))
    with pytest.raises(ConfigError, match="never trained"):
        chained.build((1, 16, 16)).players()
    assert weights(from_pretrained(tmp_path / "next")).keys() == weights(model).keys()


# A VAE's noise


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan"), float("inf"), "guessed"])
def test_a_decoder_noise_that_is_none_is_refused(sigma: Any) -> None:
    with pytest.raises(InputError, match="sigma is 'calibrated', 'learned' or a positive number"):
        small_model("vae", sigma=sigma)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_kl_weight_that_is_none_is_refused(weight: float) -> None:
    with pytest.raises(InputError, match="kl_weight"):
        small_model("vae", kl_weight=weight)


@pytest.mark.parametrize("wrong", [{"penalty": -1.0}, {"penalty": float("nan")}, {"penalty_every": 0}])
@pytest.mark.parametrize("family", ["gan", "adversarial_decoder"])
def test_a_penalty_that_is_none_is_refused(family: str, wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        families.load(family)(**wrong)


def test_a_pull_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="pixel_weight"):
        small_model("adversarial_decoder", pixel_weight=-0.1)


def test_noise_that_does_not_fill_the_grid_is_refused_with_what_would() -> None:
    with pytest.raises(ConfigError, match="multiple of 16"):
        small_model("gan", latents=8, latent_grid=True)
