"""A subject measured on held-out images: its reconstructions against their inputs, its samples against real images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.data import ImageSet, PairSet, TrainingSet
from acutance.diagnose._code import code_readings
from acutance.diagnose._probe import Probe, posterior_noise, with_noise
from acutance.diagnose._record import DataRecord, Response, SubjectRecord
from acutance.diagnose._samples import samples_for
from acutance.errors import SubjectError
from acutance.measure import Band, Curve, PairsMeasurement, Reading, SamplesMeasurement, measure_pairs, measure_samples
from acutance.measure._noise_use import NoiseUse
from acutance.models import (
    Encodes,
    Generates,
    HasSamples,
    Reconstructs,
    Subject,
    Translates,
    batch_size,
    draws,
    translations,
)
from acutance.nn.latents import DiagonalNormal
from acutance.rng import seeded

__all__ = ["AVERAGING_TOLERANCE", "SHOWN", "assess", "data_record", "picture_indices", "response_verdict", "to_bytes"]

SHOWN = 16
_DRAWS = 4
AVERAGING_TOLERANCE = 0.2


class _Whole(Subject, Reconstructs, Protocol):
    """A model that reconstructs and shows no code."""


def assess(
    model: Subject,
    images: TrainingSet,
    *,
    name: str,
    seed: int = 0,
    made: dict[str, Any] | None = None,
    warnings: tuple[str, ...] = (),
    probe: Probe | None = None,
) -> SubjectRecord:
    """Measures one model.

    Args:
        model: whatever it can do is measured: reconstructions, with a code or without, and samples; not altered.
        images: held-out images of the model's shape; pairs for a model that translates.
        name: shown to readers.
        seed: of every draw.
        made: how the model was made, for the record.
        warnings: of its training, for the record.
        probe: what runs a model that encodes, where more is to be asked of it; of the same seed.

    Returns:
        Bands "sample" and "mean" of an autoencoder (one decodes a draw of its latent, the other its mean; the single
        readings are those of "sample", which the decoder was trained on), "sample" alone where no code can be seen,
        "prior" of a generator. Of a model that translates "sample": one output for each input against its target; and
        noise use of four outputs for each.

    Raises:
        SubjectError: it can do nothing with such images.
    """
    shown: list[Tensor] = []
    samples: SamplesMeasurement | None = None
    if isinstance(images, PairSet):
        pairs, readings = _translated(model, images, name, seed, shown)
    else:
        pairs, readings = _reconstructions(model, images, seed, shown, probe)
        samples = _sampling(model, images, seed)
    if not pairs and samples is None:
        raise SubjectError(f"{name} {_unable(model)}")
    bands: dict[str, tuple[Band, ...]] = {choice: found.bands for choice, found in pairs.items()}
    curves: dict[str, tuple[Curve, ...]] = {choice: found.curves for choice, found in pairs.items()}
    if samples is not None:
        bands["prior"], bands["floor"], curves["prior"] = samples.bands, samples.floor, samples.curves
        taken = {reading.name for reading in readings}
        readings += [_distinct(reading, taken) for reading in samples.readings]
    readings += _facts(model, len(images))
    return SubjectRecord(
        name=name,
        family=model.family,
        parameters=model.count_parameters(),
        bands=bands,
        curves=curves,
        readings=tuple(readings),
        response=_response(pairs["sample"]) if pairs else None,
        given="input" if isinstance(images, PairSet) else "code",
        reconstructions=to_bytes(torch.cat(shown)) if shown else None,
        samples=None if samples is None else _shown_samples(model, seed),
        made=made or {},
        warnings=warnings,
    )


def _unable(model: Subject) -> str:
    if isinstance(model, Translates):
        return (
            "makes images of another kind, and nothing says what they should be: measure it on pairs of input and "
            "target, e.g. builtin:icon-pairs or pairs:INPUTS:TARGETS"
        )
    return "neither reconstructs images nor draws samples: there is nothing to measure"


def _distinct(reading: Reading, taken: set[str]) -> Reading:
    """A reading of samples, renamed where reconstructions have one of that name."""
    return replace(reading, name=f"samples_{reading.name}") if reading.name in taken else reading


def data_record(images: TrainingSet) -> DataRecord:
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


def picture_indices(images: TrainingSet) -> NDArray[np.int64]:
    """Which images the pictures show: SHOWN of them, evenly spread."""
    return np.unique(np.linspace(0, len(images) - 1, min(SHOWN, len(images))).round().astype(np.int64))


def to_bytes(images: Tensor) -> NDArray[np.uint8]:
    """(N, C, H, W) in [0, 1] to uint8 (N, H, W, C), rounded."""
    rounded: NDArray[np.uint8] = (images.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return np.ascontiguousarray(rounded)


def _on_cpu(images: ImageSet) -> Iterator[Tensor]:
    size = batch_size(images.shape)
    for start in range(0, len(images), size):
        yield images.tensor(np.arange(start, min(start + size, len(images))))


def _reconstructions(
    model: Subject, images: ImageSet, seed: int, shown: list[Tensor], probe: Probe | None
) -> tuple[dict[str, PairsMeasurement], list[Reading]]:
    """What was measured of the pairs, by which latent was decoded, and all single readings.

    The outputs that pictures show are added to `shown`. Every image is encoded once, and decoded once where the draw
    and the mean of its latent are the same.
    """
    if isinstance(model, Encodes):
        return _coded(Probe(model, seed) if probe is None else probe, images, shown)
    if isinstance(model, Reconstructs):
        whole = measure_pairs(batches=_showing(_whole(model, images, seed), images, shown))
        return {"sample": whole}, [*whole.readings]
    return {}, []


def _coded(probe: Probe, images: ImageSet, shown: list[Tensor]) -> tuple[dict[str, PairsMeasurement], list[Reading]]:
    latent = probe.encode_sources(_on_cpu(images))
    noise = posterior_noise(latent, images.shape, probe.seed)

    def pairs(scale: float) -> Iterator[tuple[Tensor, Tensor]]:
        return zip(_on_cpu(images), probe.decode(with_noise(latent, scale, noise), images.shape), strict=True)

    found = {"sample": measure_pairs(batches=_showing(pairs(1.0), images, shown))}
    noisy = isinstance(latent, DiagonalNormal)
    found["mean"] = measure_pairs(batches=pairs(0.0)) if noisy else found["sample"]
    return found, [*found["sample"].readings, *code_readings(latent, _on_cpu(images))]


def _translated(
    model: Subject, pairs: PairSet, name: str, seed: int, shown: list[Tensor]
) -> tuple[dict[str, PairsMeasurement], list[Reading]]:
    """One output for each input against its target, and how several differ (T11); outputs to show go to `shown`."""
    if not isinstance(model, Translates):
        raise SubjectError(
            f"{name} does not translate, and {pairs.source!r} gives pairs of an input and its target: give single "
            "images"
        )
    drawn = translations(model, _on_cpu(pairs.input), n=_DRAWS, seed=seed)
    noise = NoiseUse()

    def first() -> Iterator[tuple[Tensor, Tensor]]:
        for target, outputs in zip(_on_cpu(pairs.target), drawn, strict=True):
            noise.update(outputs.cpu(), target)
            yield target, outputs[0].cpu()

    found = measure_pairs(batches=_showing(first(), pairs.target, shown))
    return {"sample": found}, [*found.readings, *noise.result().readings]


@torch.no_grad()
def _whole(model: _Whole, images: ImageSet, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    for index, batch in enumerate(_on_cpu(images)):
        with seeded(seed, index, "reconstruct"):
            whole = model.reconstruct(batch.to(model.device)).cpu()
        yield batch, whole


def _sampling(model: Subject, images: ImageSet, seed: int) -> SamplesMeasurement | None:
    """As many samples as there are real images, or those that were drawn before; None where it has none."""
    if isinstance(model, HasSamples | Generates):
        return measure_samples(real=_on_cpu(images), fake=samples_for(model, images, seed))
    return None


def _showing(
    pairs: Iterator[tuple[Tensor, Tensor]], images: ImageSet, shown: list[Tensor]
) -> Iterator[tuple[Tensor, Tensor]]:
    """The same pairs; the outputs that pictures show are added to `shown` as they come by."""
    wanted, start = picture_indices(images), 0
    for ref, x in pairs:
        here = wanted[(wanted >= start) & (wanted < start + len(x))] - start
        shown.append(x[torch.from_numpy(here)])
        start += len(x)
        yield ref, x


def _shown_samples(model: Subject, seed: int) -> NDArray[np.uint8] | None:
    if isinstance(model, HasSamples):
        return to_bytes(next(model.samples())[:SHOWN])
    return to_bytes(torch.cat(list(draws(model, SHOWN, seed=seed)))) if isinstance(model, Generates) else None


def _facts(model: Subject, n: int) -> list[Reading]:
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

    Args:
        low: lower end; below 0 where less is shown than is known.
        high: upper end.

    Returns:
        `averaged`, `invented`, `over-smoothed`, or `undecided` where the interval holds an end of what averages (+-.2).

    Example:
        >>> response_verdict(-0.02, 0.03), response_verdict(0.6, 0.8), response_verdict(-0.9, 0.4)
        ('averaged', 'invented', 'undecided')
    """
    if low > AVERAGING_TOLERANCE:
        return "invented"
    if high < -AVERAGING_TOLERANCE:
        return "over-smoothed"
    return "averaged" if low >= -AVERAGING_TOLERANCE and high <= AVERAGING_TOLERANCE else "undecided"
