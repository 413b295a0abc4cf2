"""One cell of one seed: trained, measured, kept."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from acutance.data import ImageSet
from acutance.diagnose import assess
from acutance.measure import Reading, measure_pairs, measure_samples, noise_use
from acutance.models import DecodesAnew, Encodes, Subject
from acutance.models._states_likelihood import StatesLikelihood
from acutance.models._whole_file import replace_file
from acutance.rng import rng_for
from acutance.stats import mean_interval
from acutance.train import RunConfig, read_record, train
from families_suite.cells import Cell

FILE = "families.json"
_BATCH, _DRAWS = 128, 4


@final
@dataclass(frozen=True, kw_only=True)
class Value:
    """A reading: its value and the 95 % interval over images; None where there is none."""

    value: float | None
    low: float | None
    high: float | None


@final
@dataclass(frozen=True, kw_only=True)
class Result:
    """What a cell came to with one seed.

    Attributes:
        cell: its name.
        seed: of everything.
        images: seen in training.
        seconds: of training, on one thread.
        parameters: numbers in the model, critics included.
        warnings: of the training.
        readings: by name.
    """

    cell: str
    seed: int
    images: int
    seconds: float
    parameters: int
    warnings: tuple[str, ...]
    readings: dict[str, Value]

    def value(self, name: str) -> float | None:
        """The reading called `name`, or None where this system has none."""
        found = self.readings.get(name)
        return None if found is None else found.value


def result_of(cell: Cell, seed: int, images: int, sets: tuple[ImageSet, ImageSet], runs: Path) -> Result:
    """Trains and measures, or goes on with what was begun, or reads what was found before.

    Args:
        cell: what.
        seed: of everything.
        images: to see in training.
        sets: training and held-out images.
        runs: gets a folder for each cell and seed.
    """
    folder = runs / cell.folder(seed)
    if (folder / FILE).is_file():
        return result_from(json.loads((folder / FILE).read_text()))
    config = RunConfig(model=cell.model(runs, seed), recipe=cell.recipe(images), seed=seed)
    model = train(config, sets[0], folder, resume=(folder / "run.json").exists(), held_out=sets[1])
    record = read_record(folder)
    found = Result(
        cell=cell.name,
        seed=seed,
        images=images,
        seconds=record["seconds"],
        parameters=model.count_parameters(),
        warnings=tuple(record["warnings"]),
        readings=_readings(model, sets[1], cell.name, seed),
    )
    text = json.dumps(asdict(found), indent=1) + "\n"
    replace_file(folder / FILE, lambda temporary: temporary.write_text(text))
    return found


def result_from(kept: dict[str, Any]) -> Result:
    """What `asdict` made of a result, put together again."""
    readings = {name: Value(**value) for name, value in kept["readings"].items()}
    return Result(**{**kept, "warnings": tuple(kept["warnings"]), "readings": readings})


def _readings(model: Subject, held_out: ImageSet, name: str, seed: int) -> dict[str, Value]:
    """All that `assess` reads, the slope of the finest octave, and of an autoencoder how it varies and how far off
    its reconstructions are as a set."""
    record = assess(model, held_out, name=name, seed=seed)
    found = {reading.name: _of(reading) for reading in record.readings}
    if not isinstance(model, Encodes):
        return {_of_samples(name): value for name, value in found.items()}
    finest = record.bands["sample"][-1]
    low, high = finest.intervals["averaging_slope"]
    found["slope_top_octave"] = _value(finest.values["averaging_slope"], low, high)
    if isinstance(model, StatesLikelihood):
        found |= _stated(model, held_out, seed)
    found["noise_use"] = _of(noise_use(batches=_several(model, held_out, seed)).reading("noise_use"))
    outputs = (draws[0] for _, draws in _several(model, held_out, seed))
    as_a_set = measure_samples(real=_batches(held_out), fake=outputs, effort="fast")
    for distance in ("frechet_distance", "kernel_distance"):
        found[f"reconstructions_{distance}"] = _of(as_a_set.reading(distance))
    return found


@torch.no_grad()
def _stated(model: StatesLikelihood, images: ImageSet, seed: int) -> dict[str, Value]:
    """What an image is worth under the stated likelihood, and the detail of draws from it."""
    nats, draws = [], []
    for index, batch in enumerate(_batches(images)):
        noise = rng_for(seed, index, "likelihood")
        code = model.encode(batch).sample(noise)
        nats.append(model.nats(batch, code).double() / batch[0].numel())
        draws.append((model.sample_likelihood(code, noise), batch))
    drawn = measure_pairs(batches=((batch, draw) for draw, batch in draws))
    return {
        "nats_per_pixel": _value(*mean_interval(torch.cat(nats).numpy())),
        "drawn_detail_ratio_top_octave": _of(drawn.reading("detail_ratio_top_octave")),
    }


def _of_samples(name: str) -> str:
    """A pure generator's readings under the names that an autoencoder's samples have them."""
    return f"samples_{name}" if name == "detail_ratio_top_octave" else name


def _batches(images: ImageSet) -> Iterator[Tensor]:
    for start in range(0, len(images), _BATCH):
        yield images.tensor(np.arange(start, min(start + _BATCH, len(images))))


@torch.no_grad()
def _several(model: Encodes, images: ImageSet, seed: int) -> Iterator[tuple[Tensor, list[Tensor]]]:
    """Originals, and several outputs for each: other draws of the latent, and of the decoder's noise if it has any."""
    for index, batch in enumerate(_batches(images)):
        latent, outputs = model.encode(batch), []
        for k in range(_DRAWS):
            noise = rng_for(seed, index, k, "noise use")
            code = latent.sample(noise)
            outputs.append(model.decode_anew(code, noise) if isinstance(model, DecodesAnew) else model.decode(code))
        yield batch, outputs


def _of(reading: Reading) -> Value:
    return _value(reading.value, reading.low, reading.high)


def _value(value: float, low: float, high: float) -> Value:
    one, two, three = (float(x) if math.isfinite(x) else None for x in (value, low, high))
    return Value(value=one, low=two, high=three)
