"""Presets for a GPU: they fit the images that they name, and train; they tell what was measured, and no more."""

from __future__ import annotations

import re
from dataclasses import asdict, replace

import gpu_presets
import pytest
import torch

from acutance.models import Batch, families, presets
from acutance.models._store import config_from_values

LARGE = {name: preset for name, preset in presets().items() if preset.device == "gpu"}


def size_of(name: str) -> int:
    told = re.search(r"--size (\d+) --channels 3 ", LARGE[name].expect)
    assert told is not None
    return int(told.group(1))


def test_each_family_has_one() -> None:
    assert {type(preset.model).__module__.rpartition(".")[2] for preset in LARGE.values()} == {*families.names()}


@pytest.mark.parametrize("name", LARGE)
def test_it_names_its_command_and_tells_what_was_measured(name: str) -> None:
    preset = LARGE[name]
    assert preset.expect.startswith(f"acutance train {name} ")
    assert f"{preset.recipe.images:,} images, a length that was never run" in preset.expect
    assert preset.expect.endswith(f"; {gpu_presets.told(gpu_presets.kept()[name])}")
    assert name.endswith(f"_{size_of(name)}")
    assert size_of(name) in (64, 128, 256)


@pytest.mark.parametrize("name", LARGE)
def test_what_was_measured_is_the_preset_but_for_its_length(name: str) -> None:
    preset, record = LARGE[name], gpu_presets.kept()[name]
    short = gpu_presets.config_for(name, preset).recipe
    assert record["recipe"] == asdict(short)
    assert replace(short, images=preset.recipe.images) == preset.recipe
    given = {"of": record["model"]["of"]} if "of" in record["model"] else {}
    assert config_from_values(type(preset.model), record["model"]) == replace(preset.model, **given)


def test_all_of_them_were_measured() -> None:
    assert gpu_presets.kept().keys() == LARGE.keys()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if size_of(name) > 128 else ())
        for name in LARGE
        if "of RUN" not in LARGE[name].expect
    ],
)
def test_every_player_has_a_loss_on_such_images(name: str) -> None:
    size = size_of(name)
    config = LARGE[name].model
    model, sides = config.build((3, size, size)), 2 if config.learns_from == "pairs" else 1
    for player in model.players():
        loss = player.objective(Batch(torch.rand(2, 3 * sides, size, size)), torch.Generator().manual_seed(0))
        assert loss.total.isfinite()
