"""What a trained generator draws: modes reached where they are known exactly, and how near real images it comes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._cells._measured import as_pictures
from acutance.claims._cells.trained import FrozenCode, Trained, load
from acutance.claims._store import Store
from acutance.data.synthetic.edges import EdgeAnswers
from acutance.measure import measure_samples, mode_count
from acutance.models._base import Generator

__all__ = ["EDGE_MODES", "Modes", "Plane"]

EDGE_MODES: Final = 32
"""Equally likely places of an edge: each is one mode."""

_PLANE = ("precision_k5", "recall_k5", "coverage", "density", "kernel_distance")


@final
@dataclass(frozen=True, kw_only=True)
class Modes(Cell):
    """Modes of jittered edges among samples; the place of an edge is told exactly by an image's mean.

    Attributes:
        of: a generator of edges.
        draws: how many samples.
    """

    of: Trained
    draws: int = 4000

    def needs(self) -> tuple[Cell, ...]:
        return (self.of,)

    def run(self, store: Store) -> Found:
        model = load(self.of, store)
        assert isinstance(model, Generator)
        answers = self.of.images.split()[0].answers
        assert isinstance(answers, EdgeAnswers)
        samples = model.sample(self.draws, seed=self.seed)
        reached, divergence = mode_count(edge_modes(samples, answers), EDGE_MODES)
        rows: dict[str, Rows] = {
            "dropped": np.array([1.0 - reached.value / EDGE_MODES]),
            "divergence": np.array([divergence.value]),
        }
        return Found(rows, {"drawn": as_pictures(samples)})

    def sources(self) -> tuple[str, ...]:
        return self.of.sources()

    @property
    def title(self) -> str:
        """The images."""
        return f"modes of samples on {self.of.images.source}"


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
