"""Families of image models, one file each, on shared parts; and how they are kept on disk."""

from __future__ import annotations

from acutance.models._base import Autoencoder, Generator, ImageShape, LatentChoice, Model, ModelConfig
from acutance.models._capabilities import (
    Decodes,
    Encodes,
    Generates,
    HasLosses,
    HasPrior,
    Preprocesses,
    RefitsDecoder,
    Subject,
    Translates,
)
from acutance.models._draws import draws
from acutance.models._player import Batch, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe
from acutance.models._store import families, from_pretrained, presets

__all__ = [
    "Autoencoder",
    "Batch",
    "Decodes",
    "Encodes",
    "Generates",
    "Generator",
    "HasLosses",
    "HasPrior",
    "ImageShape",
    "LatentChoice",
    "Loss",
    "Model",
    "ModelConfig",
    "Objective",
    "Player",
    "Preprocesses",
    "Preset",
    "Recipe",
    "RefitsDecoder",
    "Subject",
    "Translates",
    "draws",
    "families",
    "from_pretrained",
    "presets",
]
