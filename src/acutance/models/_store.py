"""Models on disk: config.json and safetensors, nothing that executes."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from acutance.catalog import Catalog, did_you_mean
from acutance.errors import ConfigError, SubjectError
from acutance.models._base import Model, ModelConfig
from acutance.models._hub import fetched, is_hub_name
from acutance.models._recipe import Preset

__all__ = [
    "HUB_FILES",
    "TRAINED_ON",
    "config_from_description",
    "config_from_values",
    "families",
    "from_pretrained",
    "presets",
]

TRAINED_ON = "training_digests.npy"
"""The file in a model's folder with a digest of every image that it was trained on."""

HUB_FILES = ("config.json", "model.safetensors", "run.json", "options.json", TRAINED_ON)
"""What is fetched of a model's folder on the hub."""

_UNFINISHED = "the run in {} is not finished: go on with 'acutance train ... --resume'"

families = Catalog("acutance.models", noun="family", attribute="Config")


def presets() -> dict[str, Preset]:
    """All presets of all families, by name; every family file lists its own under PRESETS.

    Raises:
        ConfigError: two families have a preset of one name.
    """
    found: dict[str, Preset] = {}
    for name in families.names():
        kind = families.load(name)
        own: dict[str, Preset] = vars(sys.modules[kind.__module__]).get("PRESETS", {})
        for taken in own.keys() & found.keys():
            raise ConfigError(f"two families have a preset {taken!r}, one of them {name}: rename one")
        found |= own
    return found


def config_from_values(kind: type[ModelConfig], values: dict[str, Any]) -> ModelConfig:
    """A config from JSON values: lists become tuples.

    Raises:
        ConfigError: a key that the config does not have, with the nearest that it has.
    """
    known = [f.name for f in dataclasses.fields(kind)]
    for key in values:
        if key not in known:
            raise ConfigError(f"{kind.__module__} has no option {key!r}; {did_you_mean(key, known)}")
    return kind(**{key: tuple(v) if isinstance(v, list) else v for key, v in values.items()})


def config_from_description(description: dict[str, Any]) -> ModelConfig:
    """The config inside a config.json.

    Raises:
        ConfigError: an unknown family or option.
    """
    kind: type[ModelConfig] = families.load(description["family"])
    return config_from_values(kind, description["config"])


def from_pretrained(folder: str | os.PathLike[str]) -> Model:
    """The model that `save_pretrained` or a training run left in a folder, in evaluation mode on the CPU.

    Args:
        folder: where it is; or "OWNER/NAME" of a repository of the hub, which is fetched, where neither such a folder
            nor one called OWNER is here.

    Raises:
        SubjectError: there is no such model, or its files are damaged or do not fit one another.
    """
    path = fetched(folder, HUB_FILES, folder) if isinstance(folder, str) and is_hub_name(folder) else Path(folder)
    description = _read_description(path / "config.json")
    try:
        with torch.random.fork_rng(devices=[]):  # building draws weights, which are overwritten at once
            model = config_from_description(description).build(tuple(description["shape"]))
        model.load_state_dict(load_file(path / "model.safetensors"))
    except FileNotFoundError as error:
        raise SubjectError(_UNFINISHED.format(path)) from error
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, OSError, SafetensorError) as error:
        raise SubjectError(f"{path} cannot be loaded, its files are damaged or do not fit: {error}") from error
    return model.eval()


def _read_description(file: Path) -> dict[str, Any]:
    if not file.is_file():
        if (file.parent / "run.json").is_file():
            raise SubjectError(_UNFINISHED.format(file.parent))
        raise SubjectError(f"{file.parent} is not a model: it has no config.json; give a folder that `train` wrote")
    try:
        description = json.loads(file.read_text())
    except ValueError as error:
        raise SubjectError(f"{file} is not JSON: {error}") from error
    if not isinstance(description, dict) or description.get("schema") != "acutance.model/1":
        raise SubjectError(f"{file} was not written by acutance: it has no schema 'acutance.model/1'")
    return description
