"""What a trained generator draws: modes reached where they are known, and how near real images it comes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._cells._measured import as_pictures
from acutance.claims._cells.trained import FrozenCode, Trained, load
from acutance.claims._store import Store
from acutance.data import ImageSet
from acutance.data.synthetic.edges import EdgeAnswers
from acutance.measure import Modes, measure_samples, mode_count, stacked_modes_of
from acutance.models._base import Generator

__all__ = ["EDGE_MODES", "Plane", "ReachedModes"]

EDGE_MODES: Final = 32
"""Equally likely places of an edge: each is one mode."""

_HITS = 3

_PLANE = ("precision_k5", "recall_k5", "coverage", "density", "kernel_distance")


@final
@dataclass(frozen=True, kw_only=True)
class ReachedModes(Cell):
    """Modes among samples of jittered edges, whose place an image's mean tells exactly, or of stacks of glyphs.

    Attributes:
        of: a generator of either.
        draws: how many samples.
    """

    of: Trained
    draws: int = 4000

    def needs(self) -> tuple[Cell, ...]:
        return (self.of,)

    def run(self, store: Store) -> Found:
        model = load(self.of, store)
        assert isinstance(model, Generator)
        samples = model.sample(self.draws, seed=self.seed)
        modes = known_modes(self.of.images.split()[0])
        reached, divergence = mode_count(modes.label(samples), modes.count, hits=modes.hits)
        rows: dict[str, Rows] = {
            "dropped": np.array([1.0 - reached.value / modes.count]),
            "divergence": np.array([divergence.value]),
        }
        return Found(rows, {"drawn": as_pictures(samples)})

    def sources(self) -> tuple[str, ...]:
        return self.of.sources()

    @property
    def title(self) -> str:
        """The images."""
        return f"modes of samples on {self.of.images.source}, {self.draws:,} draws"


def known_modes(training: ImageSet) -> Modes:
    """How the modes of these images are told."""
    if isinstance(training.answers, EdgeAnswers):
        return Modes(label=partial(edge_modes, answers=training.answers), count=EDGE_MODES, hits=_HITS)
    assert training.labels is not None
    return stacked_modes_of(training.tensor(), training.labels, hits=_HITS)


def edge_modes(images: Tensor, answers: EdgeAnswers) -> Tensor:
    """Which of `EDGE_MODES` equally likely places the edge of each image stands at, (n,)."""
    place = answers.size * (1.0 - images.double().flatten(1).mean(1))
    share = 0.5 * (1.0 + torch.erf((place - answers.centre_px) / (answers.s_px * math.sqrt(2.0))))
    return (share * EDGE_MODES).long().clamp(0, EDGE_MODES - 1)


@final
@dataclass(frozen=True, kw_only=True)
class Plane(Cell):
    """Samples against held-out images: precision, recall, coverage, density, kernel distance of SqueezeNet features.

    Attributes:
        of: a generator.
    """

    of: Trained | FrozenCode

    def needs(self) -> tuple[Cell, ...]:
        return (self.of,)

    def run(self, store: Store) -> Found:
        model = load(self.of, store)
        assert isinstance(model, Generator)
        base = self.of if isinstance(self.of, Trained) else self.of.base
        held_out = base.images.split()[1].tensor()
        found = measure_samples(real=held_out, fake=model.sample(len(held_out), seed=self.seed), effort="fast")
        return Found({name: np.array([found.reading(name).value]) for name in _PLANE})

    def sources(self) -> tuple[str, ...]:
        return self.of.sources()

    @property
    def title(self) -> str:
        """Samples of what."""
        return f"samples of {self.of.title}"
