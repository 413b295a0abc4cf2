"""What a trained generator draws: modes reached where they are known, and how near real images it comes."""

from __future__ import annotations

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
from acutance.measure import Modes, measure_samples, mode_count
from acutance.models._base import Generator

__all__ = ["Plane", "ReachedModes", "away", "edge_modes"]

_HITS: Final = 3
_READABLE: Final = 0.1
"""Of the pixel range: a sample is an edge as far as it is no farther from one."""

_PLANE = ("precision_k5", "recall_k5", "coverage", "density", "kernel_distance")


@final
@dataclass(frozen=True, kw_only=True)
class ReachedModes(Cell):
    """Modes among samples of jittered edges, whose place an image's mean tells exactly.

    Attributes:
        of: a generator of such, grey or in three colours.
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
        answers = self.of.images.split()[0].answers
        assert isinstance(answers, EdgeAnswers)
        modes = edge_modes(answers, samples.shape[1])
        reached, divergence = mode_count(modes.label(samples), modes.count, hits=modes.hits)
        rows: dict[str, Rows] = {
            "dropped": np.array([1.0 - reached.value / modes.count]),
            "divergence": np.array([divergence.value]),
            "readable": np.array([float((away(samples, answers) < _READABLE).double().mean())]),
        }
        return Found(rows, {"drawn": as_pictures(samples)})

    def sources(self) -> tuple[str, ...]:
        return self.of.sources()

    @property
    def title(self) -> str:
        """The images."""
        return f"modes of samples on {self.of.images.source}, {self.draws:,} draws"


def edge_modes(answers: EdgeAnswers, channels: int) -> Modes:
    """Modes of edges: 32 equally likely places of one, or five of each of three, 125 together."""
    places = {1: 32, 3: 5}[channels]

    def label(images: Tensor) -> Tensor:
        share: Tensor = torch.special.ndtr((_places(images, answers) - answers.centre_px) / answers.s_px)
        digits = (share * places).long().clamp(0, places - 1)
        weights = torch.tensor([places**c for c in range(channels)])
        return (digits * weights).sum(1)

    return Modes(label=label, count=places**channels, hits=_HITS)


def away(images: Tensor, answers: EdgeAnswers) -> Tensor:
    """Root mean square distance of each image (n, c, h, w) from edges at the places that its means tell, (n,)."""
    ends = torch.arange(1, answers.size + 1, dtype=torch.float64)
    exact = (ends - _places(images, answers)[:, :, None]).clamp(0.0, 1.0)
    return (images - exact[:, :, None]).square().flatten(1).mean(1).sqrt()


def _places(images: Tensor, answers: EdgeAnswers) -> Tensor:
    return answers.size * (1.0 - images.double().flatten(2).mean(2))


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
