"""The trained models that subjects are made of: what each is, and how it is found again or made anew."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, final

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from acutance.models import Autoencoder, ModelConfig, Recipe, from_pretrained
from acutance.models._whole_file import replace_file
from acutance.train import RunConfig, train
from planted_suite.data import images_of
from planted_suite.fitting import Pace, fit
from planted_suite.nets import Conv, Perceptron
from planted_suite.subject import Parts, parts_of

T = TypeVar("T")
RUNS = Path(__file__).parents[2] / "runs" / "planted"
log = logging.getLogger(__name__)


@final
@dataclass(frozen=True, kw_only=True)
class Ours:
    """A model of one of our families.

    Attributes:
        data: a name of `data.DATA`.
        model: its config.
        images: seen in training.
        seed: of everything.
        mirror: whether half of the images are shown mirrored.
    """

    data: str
    model: ModelConfig
    images: int
    seed: int
    mirror: bool = False

    def parts(self) -> Parts:
        """Trained, or as it was trained before."""
        return _ours(self)


@final
@dataclass(frozen=True, kw_only=True)
class Plain:
    """A plain network, trained by a plain loop.

    Attributes:
        data: a name of `data.DATA`.
        net: what it is.
        pace: how it is trained.
        seed: of everything.
    """

    data: str
    net: Conv | Perceptron
    pace: Pace
    seed: int

    def parts(self) -> Parts:
        """Trained, or as it was trained before."""
        return _plain(self)


Base = Ours | Plain


@functools.cache
def _ours(base: Ours) -> Parts:
    recipe = Recipe(images=base.images, batch_size=32, mirror=base.mirror, picture_images=0, log_images=10**6)
    run = RunConfig(model=base.model, recipe=recipe, seed=base.seed)
    return parts_of(trained(run, base.data, place(base)))


def trained(run: RunConfig, data: str, folder: Path) -> Autoencoder:
    """The model of a run of ours: as it was trained before, or trained now."""
    if (folder / "model.safetensors").exists():
        model = from_pretrained(folder)
    else:
        log.info("making %s on %s", told(run), data)
        model = train(run, images_of(data)[0], folder, resume=folder.exists())
    assert isinstance(model, Autoencoder)
    return model


@functools.cache
def _plain(base: Plain) -> Parts:
    training, _ = images_of(base.data)
    net = seeded(base.seed, lambda: base.net.build(training.shape))
    kept(base, net, lambda: fit(net, net.loss, training, base.pace, base.seed))
    return net.parts()


def kept_in() -> Path:
    """The folder of everything that is kept: what ACUTANCE_PLANTED names, or runs/planted."""
    return Path(os.environ.get("ACUTANCE_PLANTED", RUNS))


def place(recipe: object) -> Path:
    """Where what this recipe makes is kept, without a suffix; another recipe has another place.

    A field at its default is left out, so that an option that is new in a family makes nothing anew. Whoever changes
    what training does deletes the folder.
    """
    return kept_in() / hashlib.blake2b(told(recipe).encode(), digest_size=8).hexdigest()


def told(recipe: object) -> str:
    """A recipe in words that stay the same: dataclasses by what differs from their defaults.

    Example:
        >>> told(Pace(images=100, batch=32))
        'fitting.Pace(images=100)'
    """
    if isinstance(recipe, tuple):
        return f"({', '.join(map(told, recipe))})"
    if not dataclasses.is_dataclass(recipe):
        return repr(recipe)
    kind = type(recipe)
    values = [(field, getattr(recipe, field.name)) for field in dataclasses.fields(recipe)]
    given = (f"{field.name}={told(value)}" for field, value in values if value != field.default)
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}({', '.join(given)})"


def seeded(seed: int, build: Callable[[], T]) -> T:
    """What `build` makes with freshly drawn weights; the caller's own random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def kept(recipe: object, module: nn.Module, make: Callable[[], None]) -> None:
    """Loads a module's weights; where there are none, `make` trains it in place, and they are written down."""
    file = place(recipe).with_suffix(".safetensors")
    if file.exists():
        module.load_state_dict(load_file(file))
        module.eval().requires_grad_(False)
        return
    log.info("making %s", told(recipe))
    make()
    file.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().contiguous() for name, value in module.state_dict().items()}
    replace_file(file, lambda temporary: save_file(weights, temporary))
