"""Four decoders of one frozen code: what each answers where the code does not know (theory C, response).

Expected before the first run, for the response index (y - q)/(1 - q): squared error within .05 of 0; absolute error,
whose answer is the median (T5), above it and below .35; adversarial .45 to .9; flow matching .85 to 1.1; no two
intervals touch. Flow matching sees 240,000 images: with 80,000 its index was .82 and its finest detail still rose.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, final

import torch
from torch import Tensor

from acutance.measure import Reading, measure_pairs
from acutance.models import Autoencoder, DecodesAnew, Encodes, batch_size, presets
from acutance.models._frozen_code import FrozenCodeConfig
from acutance.models.spatial_vae import Config as SpatialVAE
from acutance.nn.latents import Latent
from acutance.rng import rng_for
from acutance.train import RunConfig
from planted_suite.bases import Ours, kept, place, trained
from planted_suite.data import images_of, sides_of
from planted_suite.fitting import Pace, fit
from planted_suite.subject import Parts

CODE = Ours(data="icons", model=SpatialVAE(), images=28_000, seed=21, mirror=True)
CODE_SHAPE = (1, 32, 32)
REGRESSION = Pace(images=40_000, rate=1e-3)
ADVERSARIAL, FLOW = 40_000, 240_000
EXPECTED = {"squared": (-0.05, 0.05), "absolute": (0.03, 0.35), "adversarial": (0.45, 0.9), "flow": (0.85, 1.1)}


class Subject(Encodes, Protocol):
    """An encoder with a decoder of its code."""


@final
@dataclass(frozen=True, kw_only=True)
class Found:
    """A decoder's response index.

    Attributes:
        decoder: by the loss that it was trained by.
        index: 0 averages, 1 invents all that is missing.
        low: lower end of the 95 % interval.
        high: upper end.
        images: how many it was measured on.
        expected: before the first run.
    """

    decoder: str
    index: float
    low: float
    high: float
    images: int
    expected: tuple[float, float]


def response_subjects() -> dict[str, Subject]:
    """The code's encoder with each of the four decoders, by the loss that it was trained by."""
    return {
        "squared": _regression("squared", lambda error: error.square()),
        "absolute": _regression("absolute", lambda error: error.abs()),
        "adversarial": _on_the_code("adversarial", ADVERSARIAL),
        "flow": _on_the_code("flow", FLOW),
    }


def _regression(name: str, cost: Callable[[Tensor], Tensor]) -> Subject:
    """The code's own decoder, trained on by a loss of each pixel's error."""
    parts = CODE.parts()
    decoder = copy.deepcopy(parts.decoder).train().requires_grad_(True)

    def loss(images: Tensor, generator: torch.Generator) -> Tensor:
        return cost(decoder(_code(parts, images, generator)).float() - images).flatten(1).sum(1).mean()

    training, _ = images_of(CODE.data)
    kept((CODE, name, REGRESSION), decoder, lambda: fit(decoder, loss, training, REGRESSION, CODE.seed))
    return replace(parts, family=f"{name} error", decoder=decoder, facts={}).subject()


def _on_the_code(name: str, images: int) -> Autoencoder:
    """One of our families on the frozen code, as its preset has it but for the number of images."""
    CODE.parts()
    known = presets()[f"{name}_decoder"]
    assert isinstance(known.model, FrozenCodeConfig)
    recipe = replace(known.recipe, images=images, picture_images=0, log_images=10**6)
    run = RunConfig(model=replace(known.model, of=str(place(CODE))), recipe=recipe, seed=CODE.seed)
    return trained(run, CODE.data, place((CODE, name, recipe)))


@torch.no_grad()
def _code(parts: Parts, images: Tensor, generator: torch.Generator) -> Tensor:
    latent: Latent = parts.encoder(images)
    return latent.sample(generator)


def response_of(subject: Subject) -> Reading:
    """The response index of a decoder of the code, on all held-out images and draws of the code."""
    _, held_out = sides_of(CODE.data)
    source = held_out.tensor().contiguous()
    return measure_pairs(source, _shown(subject, source)).reading("response_index")


@torch.no_grad()
def _shown(subject: Subject, source: Tensor) -> Tensor:
    made = []
    for index, batch in enumerate(source.split(batch_size(CODE_SHAPE))):
        latents = subject.encode(batch).sample(rng_for(0, index, "response"))
        if isinstance(subject, DecodesAnew):
            made.append(subject.decode_anew(latents, rng_for(0, index, "decode")))
        else:
            made.append(subject.decode(latents))
    return torch.cat(made)


def responses() -> list[Found]:
    """Each decoder's index, in the order of what is expected."""
    found = {name: response_of(subject) for name, subject in response_subjects().items()}
    return [
        Found(decoder=name, index=one.value, low=one.low, high=one.high, images=one.n, expected=EXPECTED[name])
        for name, one in found.items()
    ]


def response_table(found: Sequence[Found]) -> str:
    """Each decoder's index beside what was expected, as a Markdown table."""
    lines = ["| decoder trained by | response index | 95 % interval | expected |", "|---|---|---|---|"]
    for one in found:
        low, high = one.expected
        lines.append(f"| {one.decoder} | {one.index:.3f} | {one.low:.3f} to {one.high:.3f} | {low:.2f} to {high:.2f} |")
    return "\n".join(lines)
