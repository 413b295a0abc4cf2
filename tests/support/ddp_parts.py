"""What the tests of several processes and their workers share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from small_models import blob_set, small_model, small_recipe, training_set
from torch import Tensor

from acutance.data import TrainingSet, batch_indices
from acutance.models import Batch, Model
from acutance.models._frozen_code import FrozenCode
from acutance.models.pix2pix import Pix2Pix
from acutance.nn.noisy_decoder import NoisyDecoder
from acutance.rng import rng_for
from acutance.train import Loop

FAMILIES = ("ae", "vae", "gan", "vqvae", "vaegan", "pix2pix")
NO_MOVE = {"learning_rate": 1e-30, "clip_norm": 0.0, "images": 8}
NO_MEANS: dict[str, tuple[str, dict[str, Any]]] = {
    "calibrated": ("ae", {}),
    "coloured": ("ae", {"likelihood": "coloured"}),
    "even codes": ("vqvae", {"quantiser": "signs", "entropy": 5.0}),
    "adaptive weight": ("vaegan", {"latent": "codes", "perceptual_weight": 0.0}),
    "diverse": ("pix2pix", {"noise": "latent", "diversity_weight": 50.0}),
    "diverse on a code": ("adversarial_decoder", {"noise_channels": 2, "diversity_weight": 50.0, "of": "base"}),
}
"""Losses that are no means over images: by name, the family and its settings; "base" is in the folder of the test."""


class _Feed:
    def __init__(self, images: TrainingSet) -> None:
        self.images = images

    def batch(self, batch_size: int, seed: int, step: int) -> Tensor:
        return self.images.tensor(batch_indices(len(self.images), batch_size, seed, step))


class _StopAfter:
    def __init__(self, looks: int) -> None:
        self.left = looks

    def is_set(self) -> bool:
        self.left -= 1
        return self.left <= 0


def feed(n: int = 40) -> Any:
    """Blobs as the loop wants them."""
    return _Feed(blob_set(n))


def feed_for(model: Model, n: int = 40) -> Any:
    """What a model learns from, blobs or pairs of them, as the loop wants it."""
    return _Feed(training_set(model, n))


def stop_after(looks: int) -> Any:
    """A flag that is up once it was looked at so many times."""
    return _StopAfter(looks)


def no_mean(name: str, folder: Path) -> Model:
    """A model of `NO_MEANS`."""
    family, changes = NO_MEANS[name]
    return small_model(family, **changes | ({"of": str(folder / "base")} if "of" in changes else {}))


def draw_as_two(model: Model) -> None:
    """Has a model draw the noise of each half of a batch as the process does that has this half for its share."""
    player = model.players()[-1].name
    generators = [rng_for(3, 0, player, rank, device=model.device) for rank in (0, 1)]

    def halved(call: Callable[[Tensor, torch.Generator], Tensor]) -> Callable[[Tensor, torch.Generator], Tensor]:
        return lambda x, generator: torch.cat([call(h, g) for h, g in zip(x.chunk(2), generators, strict=True)])

    if isinstance(model, Pix2Pix):
        model.unet.forward = halved(model.unet.forward)  # type: ignore[method-assign]
    if isinstance(model, FrozenCode) and isinstance(model.decoder, NoisyDecoder):
        encoded = halved(lambda images, generator: model.base.encode(images).sample(generator))
        model.code = lambda batch, generator: encoded(batch.images, generator)  # type: ignore[method-assign]
        model.decoder.drawn = halved(model.decoder.drawn)  # type: ignore[method-assign]


def last_gradients(model: Model) -> dict[str, Tensor]:
    """The gradients of the last player's objective at the first batch, by parameter."""
    batch = Batch(feed_for(model).batch(small_recipe().batch_size, 3, 0))
    player = model.players()[-1]
    mine = {id(weight) for weight in player.objective.parameters() if weight.requires_grad}
    named = {name: weight for name, weight in model.named_parameters() if id(weight) in mine}
    loss = player.objective(batch, rng_for(3, 0, player.name, 0, device=model.device))
    return dict(zip(named, torch.autograd.grad(loss.total, list(named.values())), strict=True))


def one_step_gradients(family: str) -> dict[str, Tensor]:
    """The gradients that a step of the loop makes, by parameter; it moves nothing and clips nothing."""
    return step_gradients(small_model(family))


def step_gradients(model: Model) -> dict[str, Tensor]:
    """The same of a model."""
    Loop(model, small_recipe(**NO_MOVE), feed_for(model), seed=3).run(lambda now: None, lambda: None)
    found = {name: parameter.grad for name, parameter in model.named_parameters()}
    return {name: gradient.detach().clone() for name, gradient in found.items() if gradient is not None}
