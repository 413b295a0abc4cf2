"""How long and how fast a model is trained: values, not code."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal, get_args

from acutance.errors import ConfigError
from acutance.models._base import ModelConfig

__all__ = ["GPU_RECIPE", "Device", "Precision", "Preset", "Recipe", "gpu_preset"]

Precision = Literal["auto", "fp32", "bf16"]
Device = Literal["cpu", "gpu"]

_LEAST = {
    "images": 1,
    "batch_size": 1,
    "warmup_images": 0,
    "clip_norm": 0,
    "ema_half_life_images": 0,
    "checkpoint_images": 1,
    "log_images": 1,
    "picture_images": 0,
}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training run's length, pace and bookkeeping; every length is counted in images.

    Attributes:
        images: how many images the run sees in all.
        batch_size: images per step, over all processes.
        mirror: show half of the images left-right mirrored, another half each time.
        learning_rate: the peak, reached after the warm-up.
        warmup_images: linear rise from zero.
        final_rate: fraction of the peak left at the end of the cosine decay.
        clip_norm: largest gradient norm of a player; 0 switches clipping off.
        ema_half_life_images: memory of the averaged weights that the run is judged by.
        precision: "auto" is bfloat16 where the processor multiplies it natively, float32 elsewhere; a resumed run
            keeps what it began in.
        checkpoint_images: between checkpoints.
        log_images: between log lines.
        picture_images: between pictures in TensorBoard; 0 draws none.
    """

    images: int = 60_000
    batch_size: int = 32
    mirror: bool = False
    learning_rate: float = 2e-3
    warmup_images: int = 1_500
    final_rate: float = 0.02
    clip_norm: float = 1.0
    ema_half_life_images: float = 2_000
    precision: Precision = "auto"
    checkpoint_images: int = 20_000
    log_images: int = 1_280
    picture_images: int = 12_800

    def __post_init__(self) -> None:
        """Refuses what cannot be trained by.

        Raises:
            ConfigError: naming the option, what it was and what it may be.
        """
        for name, least in _LEAST.items():
            if not getattr(self, name) >= least:
                raise ConfigError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if not 0 < self.learning_rate < math.inf:
            raise ConfigError(f"learning_rate must be a positive number, got {self.learning_rate}")
        if not 0 <= self.final_rate <= 1:
            raise ConfigError(f"final_rate is a fraction of the peak, 0 ... 1, got {self.final_rate}")
        if self.precision not in get_args(Precision):
            raise ConfigError(f"precision is one of {', '.join(get_args(Precision))}, got {self.precision!r}")


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A model and a recipe that go together, and what to expect of them.

    Attributes:
        model: the family's config.
        recipe: how it is trained.
        about: one line for `acutance train --help`.
        expect: the command, a colon, and minutes, memory and readings in words.
        device: what its size and length are meant for; it runs on either.
        shape: of the images that it was made for, (C, H, W); None where any will do.
    """

    model: ModelConfig
    recipe: Recipe
    about: str
    expect: str
    device: Device = "cpu"
    shape: tuple[int, int, int] | None = None


GPU_RECIPE = Recipe(
    images=2_000_000,
    batch_size=64,
    mirror=True,
    learning_rate=1e-3,
    warmup_images=20_000,
    ema_half_life_images=20_000,
    checkpoint_images=200_000,
    log_images=6_400,
    picture_images=100_000,
)
"""A day's work for a CPU and meant for a GPU; what a preset changes of it stands with the preset."""


def gpu_preset(
    name: str,
    model: ModelConfig,
    about: str,
    *,
    measured: str,
    size: int = 64,
    data: str = "photos/",
    recipe: Recipe = GPU_RECIPE,
) -> Preset:
    """A preset for colour images on a GPU, which states what a small part of its length came to on a CPU.

    Args:
        name: under which the family lists it.
        model: the family's config.
        about: one line, without the size.
        measured: on how many images, where, and what came out, as benchmarks/gpu_presets.py tells it.
        size: of the images, in px.
        data: what stands for the user's own images.
        recipe: how it is trained.
    """
    base = " --of RUN" if "of" in {f.name for f in fields(model)} else ""
    command = f"acutance train {name}{base} --data {data} --size {size} --channels 3 --out {'RUN2' if base else 'RUN'}"
    return Preset(
        model=model,
        recipe=recipe,
        about=f"{about}, {size} px colour, for a GPU",
        expect=f"{command}: {recipe.images:,} images, a length that was never run, on a GPU or elsewhere; {measured}",
        device="gpu",
        shape=(3, size, size),
    )
