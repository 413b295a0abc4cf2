"""Families of image models, one file each, on shared parts; and how they are kept on disk."""

from __future__ import annotations

from acutance.models._base import Autoencoder, Generator, ImageShape, LatentChoice, Model, ModelConfig
from acutance.models._player import Batch, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe
from acutance.models._store import families, from_pretrained, presets

__all__ = [
    "Autoencoder",
    "Batch",
    "Generator",
    "ImageShape",
    "LatentChoice",
    "Loss",
    "Model",
    "ModelConfig",
    "Objective",
    "Player",
    "Preset",
    "Recipe",
    "families",
    "from_pretrained",
    "presets",
]
