"""Families of image models, one file each, on shared parts; and how they are kept on disk."""

from __future__ import annotations

from acutance.models._attributes import attribute_vector, edit
from acutance.models._base import Autoencoder, Generator, ImageShape, Model, ModelConfig, Translator
from acutance.models._capabilities import (
    Decodes,
    DecodesAnew,
    Encodes,
    Generates,
    HasLikelihood,
    HasLosses,
    HasPrior,
    HasSamples,
    Preprocesses,
    Reconstructs,
    RefitsDecoder,
    Subject,
    Translates,
)
from acutance.models._draws import draws, translations
from acutance.models._likely import FromLikelihood
from acutance.models._onnx import export_onnx
from acutance.models._player import Batch, Loss, Objective, Player
from acutance.models._prior import LatentPrior, WithPrior, codes_of, fit_prior, load_prior, save_prior
from acutance.models._recipe import Preset, Recipe
from acutance.models._store import families, from_pretrained, presets
from acutance.models._through import LatentChoice, PixelChoice, batch_size, interpolate, reconstruct
from acutance.models._torchscript import export_torchscript

__all__ = [
    "Autoencoder",
    "Batch",
    "Decodes",
    "DecodesAnew",
    "Encodes",
    "FromLikelihood",
    "Generates",
    "Generator",
    "HasLikelihood",
    "HasLosses",
    "HasPrior",
    "HasSamples",
    "ImageShape",
    "LatentChoice",
    "LatentPrior",
    "Loss",
    "Model",
    "ModelConfig",
    "Objective",
    "PixelChoice",
    "Player",
    "Preprocesses",
    "Preset",
    "Recipe",
    "Reconstructs",
    "RefitsDecoder",
    "Subject",
    "Translates",
    "Translator",
    "WithPrior",
    "attribute_vector",
    "batch_size",
    "codes_of",
    "draws",
    "edit",
    "export_onnx",
    "export_torchscript",
    "families",
    "fit_prior",
    "from_pretrained",
    "interpolate",
    "load_prior",
    "presets",
    "reconstruct",
    "save_prior",
    "translations",
]
