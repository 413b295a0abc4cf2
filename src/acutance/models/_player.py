"""Players: who trains what, by which objective. A model is its players; one loop serves all."""

from __future__ import annotations

import abc
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

__all__ = ["Batch", "Borrowed", "Loss", "Objective", "Player"]

M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True)
class Batch:
    """What an objective sees of the data.

    Attributes:
        images: (N, C, H, W) in [0, 1].
        step: the training step, for penalties that are not taken at every step.
    """

    images: Tensor
    step: int = 0


@dataclass(frozen=True)
class Loss:
    """A loss to minimise, and the numbers it is made of.

    Attributes:
        total: scalar, differentiable.
        terms: detached scalars, for the log and the watch-dogs.
        summands: what the total is the sum of, each with its weight and its graph, for the gradient audit; empty where
            it is one thing.
    """

    total: Tensor
    terms: dict[str, Tensor] = field(default_factory=dict)
    summands: dict[str, Tensor] = field(default_factory=dict)

    def __add__(self, other: Loss) -> Loss:
        """The sum, of what both are made of."""
        terms, summands = {**self.terms, **other.terms}, {**self.summands, **other.summands}
        return Loss(self.total + other.total, terms, summands)


class Objective(nn.Module, abc.ABC):
    """What a player minimises.

    Only the networks that the player trains are registered as submodules: under data parallelism the objective itself
    is wrapped, so its `forward` is the one way in, and exactly the player's gradients are averaged. Networks that are
    merely used are held through `Borrowed`.
    """

    @abc.abstractmethod
    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        """The loss of one batch; every draw comes from `generator`."""

    def settle(self, generator: torch.Generator) -> None:
        """Behind the player's step: brings up to date what no gradient reaches, a codebook's averages for instance.

        Args:
            generator: of every draw, the same on every process; what is learnt must be the same there too.
        """


@dataclass(frozen=True)
class Borrowed(Generic[M]):
    """Holds a module without registering it: used, but not trained, by whoever borrows it."""

    module: M


@dataclass(frozen=True, kw_only=True)
class Player:
    """One optimiser's worth of a model.

    Attributes:
        name: "autoencoder", "generator", "critic", ...
        objective: its parameters are the player's.
        every: takes a step at every so many training steps.
        first: the training step of its first one; before it, it is not trained and has no terms.
        betas: of Adam; (0, .99) for adversarial players (theory E).
        rate: multiplies the recipe's learning rate.
    """

    name: str
    objective: Objective
    every: int = 1
    first: int = 0
    betas: tuple[float, float] = (0.9, 0.99)
    rate: float = 1.0
