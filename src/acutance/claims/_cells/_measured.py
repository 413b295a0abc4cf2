"""Measurements as rows: the value as measured, then its bootstrap replicates."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.claims._cell import Found, Rows
from acutance.measure import measure_pairs
from acutance.measure._keys import content_keys
from acutance.measure.sample_spectra import SampleSpectra
from acutance.models import LatentChoice, Model
from acutance.models._base import Autoencoder, Generator
from acutance.models.refit_decoder import OnLikelihood
from acutance.rng import rng_for
from acutance.stats import poisson_weights

__all__ = ["SHOWN", "as_pictures", "image_rows", "model_rows", "pair_rows", "sample_rows"]

SHOWN = 8
_BANDS = ("coherence", "detail_ratio", "averaging_slope", "explained")
_CHOICES: tuple[LatentChoice, ...] = ("mean", "sample")
_READINGS = ("mse", "independence_nats_per_dim")


def image_rows(values: Tensor, images: Tensor) -> Rows:
    """The mean over images of a number per image, (1 + replicates,).

    Args:
        values: (n,).
        images: (n, C, H, W), whose content gives the weights.
    """
    weights = poisson_weights(content_keys(images))
    return np.asarray(weights.T @ values.double().numpy() / weights.sum(0))


def pair_rows(outputs: Tensor, images: Tensor, name: str) -> dict[str, Rows]:
    """Bands (1 + replicates, octaves) and readings (1 + replicates,) of outputs against their images, `name/...`."""
    found = measure_pairs(images, outputs.clamp(0, 1))
    rows = {
        f"{name}/{field}": np.concatenate(
            [np.array([[band.values[field] for band in found.bands]]), found.band_replicates[field]]
        )
        for field in _BANDS
    }
    for reading in _READINGS:
        rows[f"{name}/{reading}"] = np.r_[found.reading(reading).value, found.replicates[reading]]
    return rows


def sample_rows(samples: Tensor, images: Tensor, name: str) -> dict[str, Rows]:
    """Detail ratio of samples against real images, (1 + replicates, octaves)."""
    measure = SampleSpectra()
    measure.update(real=images, fake=samples)
    real, fake = measure.result().octaves
    return {f"{name}/detail_ratio": fake / real}


@torch.no_grad()
def model_rows(model: Model, images: Tensor, seed: int) -> Found:
    """What a model does with held-out images, and what it draws."""
    rows: dict[str, Rows] = {}
    pictures = {"real": as_pictures(images)}
    if isinstance(model, Autoencoder):
        for choice in _CHOICES:
            outputs = model.reconstruct(images, latent=choice, generator=rng_for(seed, choice))
            rows |= pair_rows(outputs, images, choice)
            pictures[choice] = as_pictures(outputs)
        cost = model.encode(images).cost()
        if bool(cost.isfinite().all()):  # a point has no stated rate
            rows["rate_nats"] = image_rows(cost, images)
    if isinstance(model, OnLikelihood):
        latents = model.encode(images).sample(rng_for(seed, "sample"))
        rows["nats_per_dim"] = image_rows(model.nats(images, latents) / images[0].numel(), images)
    if isinstance(model, Generator):
        samples = model.sample(len(images), seed=seed)
        rows |= sample_rows(samples, images, "prior")
        pictures["prior"] = as_pictures(samples)
    return Found(rows, pictures)


def as_pictures(images: Tensor) -> NDArray[np.uint8]:
    """A few images as bytes, evenly spread, (n, height, width) where they are grey, else (n, height, width, 3)."""
    places = torch.linspace(0, len(images) - 1, min(SHOWN, len(images))).round().long()
    bytes_ = images[places].float().clamp(0, 1).mul(255).round().to(torch.uint8).permute(0, 2, 3, 1)
    return np.ascontiguousarray(bytes_[..., 0] if images.shape[1] == 1 else bytes_)
