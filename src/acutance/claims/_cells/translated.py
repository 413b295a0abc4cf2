"""A translator trained on pairs, and what it makes of inputs that it never saw (pix2pix, Table 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._cells._measured import as_pictures, pair_rows
from acutance.claims._scene import Images
from acutance.claims._store import Store
from acutance.measure._keys import content_keys
from acutance.models import Recipe, Translator
from acutance.models.pix2pix import Config
from acutance.rng import rng_for
from acutance.stats import poisson_weights
from acutance.train import RunConfig, train

__all__ = ["Translated"]


@final
@dataclass(frozen=True, kw_only=True)
class Translated(Cell):
    """A training on pairs, its outputs against the held-out targets.

    Attributes:
        pairs: what on.
        model: the weights of the losses.
        recipe: how.
    """

    pairs: Images
    model: Config
    recipe: Recipe

    def run(self, store: Store) -> Found:
        training, held_out = self.pairs.split_pairs()
        config = RunConfig(model=self.model, recipe=self.recipe, seed=self.seed)
        model = train(config, training, store.folder(self) / "run", resume=True)
        inputs, targets = held_out.input.tensor(), held_out.target.tensor()
        assert isinstance(model, Translator)
        with torch.no_grad():
            outputs = model.translate(inputs, rng_for(self.seed, "translate"))
        rows = pair_rows(outputs, targets, "translated") | {"ink_iou": ink_iou(outputs, targets)}
        shown = {"input": inputs, "target": targets, "translated": outputs}
        return Found(rows, {name: as_pictures(images) for name, images in shown.items()})

    def sources(self) -> tuple[str, ...]:
        return (self.pairs.source,)

    @property
    def title(self) -> str:
        """The weights, and the pairs."""
        critic = f"{'c' if self.model.conditional else ''}gan {self.model.gan_weight:g}"
        losses = f"l1 {self.model.l1_weight:g}" + (f", {critic}" if self.model.gan_weight else "")
        return f"pix2pix ({losses}) on {self.pairs.source}, {self.recipe.images:,} images"


def ink_iou(outputs: Tensor, targets: Tensor) -> Rows:
    """Intersection over union of pixels read as one of two labels, ink or none, by the nearer; mean of the two labels.

    Args:
        outputs: (n, 1, H, W) in [0, 1].
        targets: same shape; their content gives the weights.

    Returns:
        (1 + replicates,).
    """
    read, real = (images.flatten(1) > 0.5 for images in (outputs, targets))
    weights = poisson_weights(content_keys(targets))
    found = []
    for a, b in ((read, real), (~read, ~real)):
        both, either = ((a & b).sum(1).double().numpy(), (a | b).sum(1).double().numpy())
        found.append((weights.T @ both) / (weights.T @ either))
    return np.asarray(np.mean(found, axis=0))
