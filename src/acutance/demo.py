"""The main job: why is a VAE blurred and a GAN crisp? Three trainings that differ in one thing each, on one page.

The VAE (its latents on a grid, theory E); its own frozen code with the same decoder trained on under an adversarial
loss; a GAN with the same decoder and no encoder. Everything is measured on held-out icons.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from acutance import report
from acutance.data import ImageSet, open_source
from acutance.diagnose import Comparison, Subject, compare
from acutance.models import ModelConfig, Preset, presets
from acutance.models.adversarial_decoder import Config as FrozenCodeConfig
from acutance.train import Listener, RunConfig, made_with, read_record, train

__all__ = ["QUESTION", "SOURCE", "run_demo"]

SOURCE = "builtin:icons"
QUESTION = "Why is my VAE blurred while a GAN is crisp?"


@dataclass(frozen=True)
class _Part:
    name: str
    preset: str
    folder: str
    of: str = ""


_PARTS = (
    _Part("VAE", "spatial_vae", "vae"),
    _Part("Same code, adversarial decoder", "adversarial_decoder", "adversarial_decoder", of="vae"),
    _Part("GAN", "gan_grid", "gan"),
)


def run_demo(
    out: Path,
    *,
    seed: int = 0,
    scale: float = 1.0,
    listeners: Callable[[str], Sequence[Listener]] = lambda name: (),
    on_step: Callable[[str], None] = lambda words: None,
) -> Comparison:
    """Trains, measures and reports; goes on where an earlier demo in the same folder stopped.

    Args:
        out: gets a run folder for each model, report.html, comparison.json and detail-map.svg.
        seed: of everything.
        scale: multiplies the length of every training; 1 is the real demo.
        listeners: told of each training, by its name.
        on_step: told in words what happens next.

    Raises:
        ConfigError: `out` holds a demo with other settings.
    """
    start = time.perf_counter()
    on_step(f"Opening {SOURCE}")
    training, held_out = open_source(SOURCE).split()
    subjects = [_trained(part, out, training, held_out, seed, scale, listeners, on_step) for part in _PARTS]
    comparison = compare(
        subjects,
        held_out,
        seed=seed,
        on_subject=lambda name: on_step(f"Measuring {name} on {len(held_out)} held-out images"),
    )
    made = {
        "command": "acutance demo",
        "seed": seed,
        "training images": len(training),
        "threads": torch.get_num_threads(),
        "seconds": round(time.perf_counter() - start, 1),
        **made_with(),
    }
    comparison = replace(comparison, made=made, question=QUESTION)
    report.write(comparison, out)
    return comparison


def _trained(
    part: _Part,
    out: Path,
    training: ImageSet,
    held_out: ImageSet,
    seed: int,
    scale: float,
    listeners: Callable[[str], Sequence[Listener]],
    on_step: Callable[[str], None],
) -> Subject:
    preset = presets()[part.preset]
    config = _configured(part, preset, out, seed, scale)
    on_step(f"Training {part.name}: {config.recipe.images:,} images")
    folder = out / part.folder
    model = train(
        config,
        training,
        folder,
        resume=(folder / "run.json").exists(),
        held_out=held_out,
        listeners=listeners(part.name),
    )
    record = read_record(folder)
    made: dict[str, Any] = {key: record[key] for key in ("model", "recipe", "seed", "seconds", "precision")}
    return Subject(name=part.name, model=model, made=made, warnings=tuple(record["warnings"]))


def _configured(part: _Part, preset: Preset, out: Path, seed: int, scale: float) -> RunConfig:
    recipe = replace(preset.recipe, images=max(preset.recipe.batch_size, round(preset.recipe.images * scale)))
    model: ModelConfig = preset.model
    if part.of:
        assert isinstance(model, FrozenCodeConfig)
        model = replace(model, of=str(out / part.of))
    return RunConfig(model=model, recipe=recipe, seed=seed)
