"""A decoder whose code says nothing, trained on jittered edges under one loss: what it makes of ignorance (O1)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.claims._cell import Cell, Found
from acutance.claims._cells._measured import as_pictures
from acutance.claims._store import Store
from acutance.data.synthetic.edges import EdgeAnswers, edges
from acutance.nn.decoder import Decoder
from acutance.nn.layout import Layout
from acutance.objectives.gaussian import squared_error
from acutance.objectives.laplace import absolute_error
from acutance.rng import rng_for, seeded

__all__ = ["EdgeAnswer", "EdgeLoss"]

EdgeLoss = Literal["l2", "l1", "energy"]

_LATENTS = 1
_BATCH = 256
_NOISES = 96
_WIDE = 4.0
_TEST = 4096
_LAYOUT = Layout(widths=(32, 16), patch=4)


@final
@dataclass(frozen=True, kw_only=True)
class EdgeAnswer(Cell):
    """A decoder's answer to nothing.

    Attributes:
        loss: squared error, absolute error, or the energy score, under which a decoder that is fed noise becomes a
            sampler of what is possible.
        s_px: standard deviation of the edge's place.
        size: side in pixels.
        steps: of training.
    """

    version: ClassVar[int] = 2

    loss: EdgeLoss
    s_px: float = 2.0
    size: int = 16
    steps: int = 1200

    def run(self, store: Store) -> Found:
        decoder = self._trained()
        images, answers = self._draw(_TEST, "test")
        with torch.no_grad():
            outputs, again = (
                decoder(self._codes(_TEST, name)).clamp(0, 1).expand_as(images) for name in ("test", "again")
            )
        best = _error(images, answers.mean_profile().float().expand_as(images))
        apart = (outputs - again).square().mean()
        profile = outputs[0, 0].mean(0).double().numpy()
        return Found(
            {
                "ratio": np.array([_error(images, outputs) / best]),
                "noise_use": np.array([float(apart) / (2 * best)]),
                "width_px": np.array([float(np.mean([_width(row) for row in outputs[:256, 0].mean(1).numpy()]))]),
                "exact_width_px": np.array([_width(answers.mean_profile().numpy())]),
                "exact_l1_ratio": np.array([answers.l1_mse() / answers.l2_mse()]),
                "profile": profile[None],
                "exact_profile": answers.mean_profile().numpy()[None],
            },
            {"answer": as_pictures(outputs), "real": as_pictures(images)},
        )

    def _trained(self) -> Decoder:
        with seeded(self.seed, "edge decoder"):
            decoder = Decoder((_LATENTS,), (1, self.size, self.size), _LAYOUT)
        adam = torch.optim.Adam(decoder.parameters(), lr=2e-3, betas=(0.9, 0.99))
        fall = torch.optim.lr_scheduler.LambdaLR(
            adam, lambda step: 0.01 + 0.99 * (1 + math.cos(math.pi * step / self.steps)) / 2
        )
        for step in range(self.steps):
            images, _ = self._draw(_BATCH, step)
            loss = _LOSSES[self.loss](images, decoder(self._codes(_NOISES, f"step {step}")))
            adam.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
            fall.step()
        return decoder.eval()

    def _draw(self, n: int, purpose: int | str) -> tuple[Tensor, EdgeAnswers]:
        images, answers = edges(n, self.size, rng_for(self.seed, "edges", purpose), s_px=self.s_px)
        return images.float(), answers

    def _codes(self, n: int, purpose: str) -> Tensor:
        """Noise for the energy score, wide, so that steep answers are near; else one code, with one answer for all."""
        if self.loss != "energy":
            return torch.ones(1, _LATENTS)
        return _WIDE * torch.randn(n, _LATENTS, generator=rng_for(self.seed, "noise", purpose))

    def sources(self) -> tuple[str, ...]:
        return (f"synthetic:edges?s={self.s_px:g}",)

    @property
    def title(self) -> str:
        """The loss."""
        return f"jittered edges, {self.loss}, {self.steps:,} steps"


def _squared(images: Tensor, answer: Tensor) -> Tensor:
    return squared_error(images, answer.expand_as(images)).mean() / images[0].numel()


def _absolute(images: Tensor, answer: Tensor) -> Tensor:
    return absolute_error(images, answer.expand_as(images)).mean() / images[0].numel()


def _energy(images: Tensor, answer: Tensor) -> Tensor:
    """The energy score over all pairs of image and draw, and of draws: no code ties one to another (T16)."""
    drawn = answer.flatten(1)
    apart = torch.cdist(drawn, drawn)
    return torch.cdist(images.flatten(1), drawn).mean() - 0.5 * apart.sum() / (len(drawn) * (len(drawn) - 1))


_LOSSES: dict[EdgeLoss, Callable[[Tensor, Tensor], Tensor]] = {"l2": _squared, "l1": _absolute, "energy": _energy}


def _error(images: Tensor, outputs: Tensor) -> float:
    return float(squared_error(images, outputs).double().mean()) / images[0].numel()


def _width(row: NDArray[np.float64]) -> float:
    """Range over largest slope, in pixels."""
    return float((row.max() - row.min()) / np.abs(np.diff(row)).max())
