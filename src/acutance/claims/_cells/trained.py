"""A model of one of our families, trained by the one loop and measured on images that it never saw."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from acutance.claims._cell import Cell, Found
from acutance.claims._cells._measured import model_rows
from acutance.claims._scene import Images
from acutance.claims._store import Store
from acutance.data.synthetic.gaussian_field import FieldAnswers
from acutance.models import ModelConfig, Recipe, from_pretrained
from acutance.models._base import Model
from acutance.train import RunConfig, train

__all__ = ["FrozenCode", "Trained", "load"]


@final
@dataclass(frozen=True, kw_only=True)
class Trained(Cell):
    """A training, what the model does with held-out images, and on Gaussian fields the best that its rate allows (O3).

    Attributes:
        images: what on.
        model: the family's config.
        recipe: how.
    """

    images: Images
    model: ModelConfig
    recipe: Recipe

    def run(self, store: Store) -> Found:
        training, held_out = self.images.split()
        config = RunConfig(model=self.model, recipe=self.recipe, seed=self.seed)
        model = train(config, training, store.folder(self) / _RUN, resume=True)
        found = model_rows(model, held_out.tensor(), self.seed)
        if isinstance(training.answers, FieldAnswers) and "rate_nats" in found.rows:
            found.rows["least_mse"] = np.array([training.answers.rate_mse(found.value("rate_nats"))])
        return found

    def sources(self) -> tuple[str, ...]:
        return (self.images.source,)

    @property
    def title(self) -> str:
        """The family and the images."""
        return f"{_family(self.model)} on {self.images.source}, {self.recipe.images:,} images"


@final
@dataclass(frozen=True, kw_only=True)
class FrozenCode(Cell):
    """A decoder trained on another model's frozen code, and what it does with held-out images.

    Attributes:
        base: whose code.
        model: the config of the family, its `of` left empty.
        recipe: how.
    """

    base: Trained
    model: ModelConfig
    recipe: Recipe

    def needs(self) -> tuple[Cell, ...]:
        return (self.base,)

    def run(self, store: Store) -> Found:
        training, held_out = self.base.images.split()
        of = {"of": str(store.folder(self.base) / _RUN)}
        config = RunConfig(model=dataclasses.replace(self.model, **of), recipe=self.recipe, seed=self.seed)
        model = train(config, training, store.folder(self) / _RUN, resume=True)
        return model_rows(model, held_out.tensor(), self.seed)

    def sources(self) -> tuple[str, ...]:
        return self.base.sources()

    @property
    def title(self) -> str:
        """The family and the images."""
        return f"{_family(self.model)} on {self.base.images.source}, {self.recipe.images:,} images"


def load(cell: Trained | FrozenCode, store: Store) -> Model:
    """The model that a finished cell trained, in evaluation mode."""
    return from_pretrained(store.folder(cell) / _RUN)


_RUN = Path("run")


def _family(config: ModelConfig) -> str:
    return type(config).__module__.rpartition(".")[2]
