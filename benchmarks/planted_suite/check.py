"""Whether a plant is what it says, by direct measurement: before any diagnosis, and blind to all of them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from torch import Tensor

from acutance.data import ImageSet
from acutance.measure import measure_pairs
from acutance.rng import rng_for
from planted_suite.data import images_of
from planted_suite.fitting import Pace, fit
from planted_suite.plants import Plant
from planted_suite.subject import Parts


def explained(parts: Parts, images: ImageSet, *, mean: bool = False) -> float:
    """Explained detail e of the subject as it is used, bands weighted by the real images' power times frequency."""
    source = images.tensor().contiguous()
    return explained_by(source, outputs(parts, source, mean=mean))


@torch.no_grad()
def outputs(parts: Parts, source: Tensor, *, mean: bool = False) -> Tensor:
    """What a subject makes of source images, by a draw of its latents or by their mean."""
    subject = parts.subject()
    taken = source if parts.pipeline is None else parts.pipeline(source).clamp(0, 1)
    latent = subject.encode(taken)
    return subject.decode(latent.mode if mean else latent.sample(rng_for(0, "check")))


def explained_by(source: Tensor, made: Tensor) -> float:
    """e of outputs against their references."""
    found = measure_pairs(source, made)
    centre = np.array([(band.low * band.high) ** 0.5 for band in found.bands])
    powers = found.octaves
    weight = centre * powers.xx[0]
    return float((centre * (2 * powers.xr[0] - powers.rr[0])).sum() / weight.sum())


def encoder_alone(plant: Plant, images: int = 40_000) -> float:
    """e of the plant after its encoder alone was trained on by squared error, the decoder and the code's size kept.

    More than before: the encoder did not send what this code can hold and this decoder can show.
    """
    parts = plant.parts()
    training, held_out = images_of(plant.images)
    encoder, decoder = copy.deepcopy(parts.encoder).requires_grad_(True), parts.decoder

    def loss(batch: Tensor, _: torch.Generator) -> Tensor:
        return (decoder(encoder(batch).mode).float() - batch).square().flatten(1).sum(1).mean()

    fit(encoder, loss, training, Pace(images=images, rate=1e-3), seed=5)
    return explained(replace(parts, encoder=encoder), held_out)


@final
@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a plant and its twin explain of the same images.

    Attributes:
        explained: of the plant as used.
        without: of the subject without the fault.
    """

    explained: float
    without: float

    @property
    def by_fault(self) -> float:
        """Share of the plant's loss that is gone without the fault."""
        return (self.without - self.explained) / (1 - self.explained)

    @property
    def is_planted(self) -> bool:
        """Whether the fault is the largest loss: more than half of all that is lost, and no trifle."""
        return self.by_fault > 0.5 and self.without - self.explained > 0.1


def check(plant: Plant) -> Checked:
    """Measures a plant and its twin."""
    held_out = images_of(plant.images)[1]
    return Checked(
        explained=explained(plant.parts(), held_out),
        without=explained(plant.healthy_parts(), held_out),
    )
