"""Presets for a GPU: they fit the images that they name, and train; how long and how well is not known and not told."""

from __future__ import annotations

import re

import pytest
import torch

from acutance.models import Batch, families, presets

LARGE = {name: preset for name, preset in presets().items() if preset.device == "gpu"}


def size_of(name: str) -> int:
    told = re.search(r"--size (\d+) --channels 3 ", LARGE[name].expect)
    assert told is not None
    return int(told.group(1))


def test_each_family_has_one() -> None:
    assert {type(preset.model).__module__.rpartition(".")[2] for preset in LARGE.values()} == {*families.names()}


@pytest.mark.parametrize("name", LARGE)
def test_it_names_its_command_and_claims_nothing(name: str) -> None:
    preset = LARGE[name]
    assert preset.expect.startswith(f"acutance train {name} ")
    assert "not measured" in preset.expect
    assert name.endswith(f"_{size_of(name)}")
    assert size_of(name) in (64, 128, 256)


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
