"""Small models and images, for whatever family the catalog holds."""

from __future__ import annotations

import atexit
import dataclasses
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from acutance.data import ImageSet, PairSet, TrainingSet, image_set
from acutance.models import Model, ModelConfig, Recipe, Translator, families
from acutance.train import RunConfig, train

SHAPE = (1, 16, 16)
BY_HEART = {
    "images": 1_280,
    "warmup_images": 80,
    "learning_rate": 5e-3,
    "log_images": 1_280,
    "checkpoint_images": 1_280,
    "picture_images": 0,
}
"""What makes a recipe long enough to learn eight blobs by heart."""


def blobs(n: int, *, channels: int = 1, height: int = 16, width: int = 16, seed: int = 0) -> np.ndarray[Any, Any]:
    """Soft discs of random place, size and brightness: uint8 (n, height, width, channels)."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    centre = draw.uniform(0.2, 0.8, (2, n, 1, 1, channels)) * np.array([height, width]).reshape(2, 1, 1, 1, 1)
    radius = draw.uniform(0.15, 0.35, (n, 1, 1, channels)) * min(height, width)
    distance = np.hypot(y[None, :, :, None] - centre[0], x[None, :, :, None] - centre[1])
    ink = draw.uniform(0.5, 1.0, (n, 1, 1, channels)) / (1 + np.exp(2 * (distance - radius)))
    return np.asarray((ink * 255).round(), np.uint8)


def blob_set(n: int = 40, **options: int) -> ImageSet:
    return image_set(blobs(n, **options))


def images_of(n: int = 4, **options: int) -> Tensor:
    """The same, as a model takes them."""
    return torch.from_numpy(blobs(n, **options)).permute(0, 3, 1, 2).float() / 255


def pair_set(n: int = 40) -> PairSet:
    """Blobs, and their negatives as targets."""
    inputs = blobs(n)
    return PairSet(input=image_set(inputs), target=image_set(255 - inputs))


def training_set(model: Model, n: int = 40) -> TrainingSet:
    """What a model can be trained on."""
    return pair_set(n) if isinstance(model, Translator) else blob_set(n)


def batch_of(model: Model, n: int = 8) -> Tensor:
    """A batch as its objectives take it."""
    return training_set(model, n).tensor()


def small_recipe(**changes: Any) -> Recipe:
    """Twelve steps of eight images; ticks and checkpoints off one another's beat."""
    settings: dict[str, Any] = {
        "images": 96,
        "batch_size": 8,
        "warmup_images": 16,
        "ema_half_life_images": 64,
        "precision": "fp32",
        "log_images": 24,
        "checkpoint_images": 40,
        "picture_images": 48,
    }
    return Recipe(**settings | changes)


def small_config(family: str, width: int = 8, **changes: Any) -> ModelConfig:
    """A family's config at two stages of `width` features; what builds on a trained autoencoder gets one."""
    kind = families.load(family)
    names = [field.name for field in dataclasses.fields(kind)]
    settings: dict[str, Any] = {name: (width, width) for name in names if name.endswith("widths")}
    if "of" in names and "of" not in changes:
        settings["of"] = str(trained_base(width))
    built: ModelConfig = kind(**settings | changes)
    return built


def small_model(family: str, *, seed: int = 0, shape: tuple[int, int, int] = SHAPE, **changes: Any) -> Model:
    torch.manual_seed(seed)
    return small_config(family, **changes).build(shape)


@cache
def trained_base(width: int = 8) -> Path:
    """The folder of a small VAE, trained on eight blobs until it knows them."""
    folder = Path(tempfile.mkdtemp(prefix="acutance-base-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    recipe = small_recipe(**BY_HEART)
    train(RunConfig(model=small_config("vae", width), recipe=recipe), blob_set(8), folder / "run")
    return folder / "run"


def weights(model: torch.nn.Module) -> dict[str, Tensor]:
    """A copy of everything a model's file would hold."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def differing(a: dict[str, Tensor], b: dict[str, Tensor]) -> list[str]:
    """Names under which two models do not agree bit for bit."""
    assert a.keys() == b.keys()
    return [name for name in a if not torch.equal(a[name], b[name])]
