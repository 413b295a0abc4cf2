"""The command that made a run, from what the run's folder keeps."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from acutance.cli._run_options import FILE, HELD_OUT
from acutance.models import ModelConfig, presets
from acutance.models._frozen_code import FrozenCodeConfig
from acutance.models._store import config_from_values
from acutance.subjects import zoo

__all__ = ["training_command"]


def training_command(folder: Path) -> str:
    """`acutance train ...` with every option that is not the preset's; empty where the folder does not say.

    It is to be typed in the working directory, as it is now: what the run was built on is named from there, and it
    would make a folder of the run's name in it. The data are called what they were when the run was begun.

    Args:
        folder: of a run.
    """
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
        preset = presets()[kept["preset"]]
        model = config_from_values(type(preset.model), record["model"]["config"])
        words = ["acutance", "train", kept["preset"], "--data", record["data"]["source"], "--out", folder.name]
        words += [*_stated("held_out", kept["held_out"], HELD_OUT), *_stated("seed", record["seed"], 0)]
        words += [word for name in ("size", "channels") for word in _stated(name, kept[name], None)]
        words += _differing(
            preset.model, {f.name: getattr(model, f.name) for f in fields(model)} | _base(model, folder)
        )
        words += _differing(preset.recipe, record["recipe"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return shlex.join(words)


def _base(model: ModelConfig, folder: Path) -> dict[str, str]:
    """What it was built on, by its name where that is a model of the zoo, else by the way to it from here."""
    if not isinstance(model, FrozenCodeConfig) or not model.of:
        return {}
    place = (folder / model.of).resolve()
    return {"of": f"zoo:{place.name}" if place.parent == zoo.FOLDER.resolve() else os.path.relpath(folder / model.of)}


def _differing(default: Any, values: dict[str, Any]) -> list[str]:
    known = [name for name in (f.name for f in fields(default)) if not isinstance(values[name], dict)]
    return [word for name in known for word in _stated(name, values[name], getattr(default, name))]


def _stated(name: str, value: Any, default: Any) -> Iterator[str]:
    option = name.replace("_", "-")
    if value == default:
        return
    if isinstance(value, bool):
        yield f"--{option}" if value else f"--no-{option}"
        return
    yield f"--{option}"
    yield from map(str, value) if isinstance(value, tuple | list) else [str(value)]
