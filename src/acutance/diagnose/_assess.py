"""A subject measured on held-out images: its reconstructions against their inputs, its samples against real images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.data import ImageSet
from acutance.diagnose._record import DataRecord, Response, SubjectRecord
from acutance.measure import Band, Curve, PairsMeasurement, Reading, SamplesMeasurement, measure_pairs, measure_samples
from acutance.measure._keys import content_keys
from acutance.models import Autoencoder, Generator, LatentChoice, Model
from acutance.models._vae import ACTIVE_NATS
from acutance.nn.blocks import count_parameters
from acutance.nn.latents import DiagonalNormal
from acutance.rng import rng_for
from acutance.stats import mean_interval, percentile_interval, poisson_weights

__all__ = ["AVERAGING_TOLERANCE", "SHOWN", "assess", "data_record", "picture_indices", "response_verdict", "to_bytes"]

SHOWN = 16
AVERAGING_TOLERANCE = 0.2
_BATCH = 256
_NATS_PER_BIT = float(np.log(2))


def assess(
    model: Model,
    images: ImageSet,
    *,
    name: str,
    seed: int = 0,
    made: dict[str, Any] | None = None,
    warnings: tuple[str, ...] = (),
) -> SubjectRecord:
    """Measures one model.

    Args:
        model: an autoencoder, a generator, or both; not altered.
        images: held-out images of the model's shape.
        name: shown to readers.
        seed: of every draw.
        made: how the model was made, for the record.
        warnings: of its training, for the record.

    Returns:
        Bands "sample" and "mean" of an autoencoder (one decodes a draw of its latent, the other its mean; the single
        readings are those of "sample", which the decoder was trained on), "prior" of a generator.
    """
    pairs: dict[str, PairsMeasurement] = {}
    readings: list[Reading] = []
    if isinstance(model, Autoencoder):
        pairs = _reconstruction(model, images, seed)
        readings += [*pairs["sample"].readings, *_code_readings(model, images)]
    samples = _sampling(model, images, seed) if isinstance(model, Generator) else None
    bands: dict[str, tuple[Band, ...]] = {choice: found.bands for choice, found in pairs.items()}
    curves: dict[str, tuple[Curve, ...]] = {choice: found.curves for choice, found in pairs.items()}
    if samples is not None:
        bands["prior"], bands["floor"], curves["prior"] = samples.bands, samples.floor, samples.curves
        taken = {reading.name for reading in readings}
        readings += [_distinct(reading, taken) for reading in samples.readings]
    readings += _facts(model, len(images))
    shown = images.tensor(picture_indices(images))
    return SubjectRecord(
        name=name,
        family=model.family,
        parameters=count_parameters(model),
        bands=bands,
        curves=curves,
        readings=tuple(readings),
        response=_response(pairs["sample"]) if pairs else None,
        reconstructions=_shown_reconstructions(model, shown, seed) if isinstance(model, Autoencoder) else None,
        samples=to_bytes(model.sample(SHOWN, seed=seed)) if isinstance(model, Generator) else None,
        made=made or {},
        warnings=warnings,
    )


def _distinct(reading: Reading, taken: set[str]) -> Reading:
    """A reading of samples, renamed where reconstructions have one of that name."""
    return replace(reading, name=f"samples_{reading.name}") if reading.name in taken else reading


def data_record(images: ImageSet) -> DataRecord:
    """What the images were."""
    channels, height, width = images.shape
    return DataRecord(
        source=images.source,
        images=len(images),
        height=height,
        width=width,
        channels=channels,
        skipped=tuple(map(str, images.skipped)),
    )


def picture_indices(images: ImageSet) -> NDArray[np.int64]:
    """Which images the pictures show: SHOWN of them, evenly spread."""
    return np.unique(np.linspace(0, len(images) - 1, min(SHOWN, len(images))).round().astype(np.int64))


def to_bytes(images: Tensor) -> NDArray[np.uint8]:
    """(N, C, H, W) in [0, 1] to uint8 (N, H, W, C), rounded."""
    rounded: NDArray[np.uint8] = (images.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return np.ascontiguousarray(rounded)


def _batches(model: Model, images: ImageSet) -> Iterator[Tensor]:
    for start in range(0, len(images), _BATCH):
        yield images.tensor(np.arange(start, min(start + _BATCH, len(images)))).to(model.device)


def _reconstruction(model: Autoencoder, images: ImageSet, seed: int) -> dict[str, PairsMeasurement]:
    choices: tuple[LatentChoice, ...] = ("sample", "mean")
    return {choice: measure_pairs(batches=_pairs(model, images, choice, seed)) for choice in choices}


@torch.no_grad()
def _pairs(model: Autoencoder, images: ImageSet, choice: LatentChoice, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    for index, batch in enumerate(_batches(model, images)):
        generator = rng_for(seed, index, "reconstruct", device=model.device)
        yield batch.cpu(), model.reconstruct(batch, latent=choice, generator=generator).cpu()


def _sampling(model: Generator, images: ImageSet, seed: int) -> SamplesMeasurement:
    """As many samples as there are real images."""
    return measure_samples(real=(b.cpu() for b in _batches(model, images)), fake=_draws(model, len(images), seed))


@torch.no_grad()
def _draws(model: Generator, n: int, seed: int) -> Iterator[Tensor]:
    for index, start in enumerate(range(0, n, _BATCH)):
        yield model.generate(min(_BATCH, n - start), rng_for(seed, index, "generate", device=model.device)).cpu()


@torch.no_grad()
def _shown_reconstructions(model: Autoencoder, shown: Tensor, seed: int) -> NDArray[np.uint8]:
    generator = rng_for(seed, "shown", device=model.device)
    return to_bytes(model.reconstruct(shown.to(model.device), latent="sample", generator=generator))


@torch.no_grad()
def _code_readings(model: Autoencoder, images: ImageSet) -> list[Reading]:
    """Rate and active units of a Gaussian code (T8, T10); a point has no finite rate."""
    costs, keys = [], []
    for batch in _batches(model, images):
        latent = model.encode(batch)
        if not isinstance(latent, DiagonalNormal):
            return []
        costs.append(latent.cost_per_unit().flatten(1).double().cpu().numpy())
        keys.append(content_keys(batch.cpu()))
    cost, n = np.concatenate(costs), len(images)
    rate, low, high = mean_interval(cost.sum(1) / _NATS_PER_BIT)
    weights = poisson_weights(np.concatenate(keys))
    active = (weights.T @ cost > ACTIVE_NATS * weights.sum(0)[:, None]).sum(1).astype(np.float64)
    ends = percentile_interval(active[1:], n)
    fewest, most = float(ends[0]), float(ends[1])
    unit = f"of {cost.shape[1]}"
    return [
        Reading(name="rate_bits", value=rate, unit="bits/image", better="none", n=n, low=low, high=high),
        Reading(name="active_units", value=float(active[0]), unit=unit, better="none", n=n, low=fewest, high=most),
    ]


def _facts(model: Model, n: int) -> list[Reading]:
    """What the model states of itself."""
    note = ("as the training left it, so without an interval",)
    units = {"decoder_sigma": "pixel range", "decoder_sigma_over_rmse": "ratio"}
    return [
        Reading(name=name, value=value, unit=units.get(name, ""), better="none", n=n, preconditions=note)
        for name, value in model.facts().items()
    ]


def _response(found: PairsMeasurement) -> Response:
    index = found.reading("response_index")
    return Response(
        index=index.value,
        low=index.low,
        high=index.high,
        verdict=response_verdict(index.low, index.high),
        independence_nats_per_dim=found.reading("independence_nats_per_dim").value,
    )


def response_verdict(low: float, high: float) -> str:
    """What an interval of the response index says (theory C): 0 averages, 1 invents all that is missing.

    Example:
        >>> response_verdict(-0.02, 0.03), response_verdict(0.6, 0.8), response_verdict(-0.9, 0.4)
        ('averaged', 'invented', 'undecided')
    """
    if low > AVERAGING_TOLERANCE:
        return "invented"
    if high < -AVERAGING_TOLERANCE:
        return "over-smoothed"
    return "averaged" if low >= -AVERAGING_TOLERANCE and high <= AVERAGING_TOLERANCE else "undecided"
