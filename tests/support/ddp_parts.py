"""What the tests of several processes and their workers share."""

from __future__ import annotations

from typing import Any

from small_models import blob_set, small_model, small_recipe, training_set
from torch import Tensor

from acutance.data import TrainingSet, batch_indices
from acutance.models import Model
from acutance.train import Loop

FAMILIES = ("ae", "vae", "gan", "vqvae", "vaegan", "pix2pix")
NO_MOVE = {"learning_rate": 1e-30, "clip_norm": 0.0, "images": 8}


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


def one_step_gradients(family: str) -> dict[str, Tensor]:
    """The gradients that a step of the loop makes, by parameter; it moves nothing and clips nothing."""
    model = small_model(family)
    Loop(model, small_recipe(**NO_MOVE), feed_for(model), seed=3).run(lambda now: None, lambda: None)
    found = {name: parameter.grad for name, parameter in model.named_parameters()}
    return {name: gradient.detach().clone() for name, gradient in found.items() if gradient is not None}
