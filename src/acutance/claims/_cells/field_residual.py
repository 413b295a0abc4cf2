"""A residual of known power: how much likelihood its neighbours' dependence is worth (T7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from acutance.claims._cell import Cell, Found
from acutance.claims._store import Store
from acutance.data.synthetic.gaussian_field import gaussian_field
from acutance.objectives.coloured import coloured_gaussian, residual_power
from acutance.rng import rng_for

__all__ = ["FieldResidual"]

_FIELDS = 4000


@final
@dataclass(frozen=True, kw_only=True)
class FieldResidual(Cell):
    """A stationary Gaussian residual, of a decoder that shows the mean; half of the fields are fitted, half judged.

    Attributes:
        exponent: power ~ f^-exponent.
        size: side in px.
    """

    exponent: float
    size: int = 32

    def run(self, store: Store) -> Found:
        draw = rng_for(self.seed, "residual")
        residual, answers = gaussian_field(_FIELDS, self.size, draw, exponent=self.exponent, mean=0.0)
        fitted, judged = residual.chunk(2)
        nothing = torch.zeros_like(fitted)
        power = residual_power(fitted, nothing)
        white = torch.full_like(power, float(fitted.square().mean()))
        nats = [float(coloured_gaussian(judged, nothing, spectrum).mean()) for spectrum in (white, power)]
        exact = 0.5 * float(answers.power.mean().log() - answers.power.log().mean())
        return Found({"gained": np.array([(nats[0] - nats[1]) / self.size**2]), "exact": np.array([exact])})

    def sources(self) -> tuple[str, ...]:
        return ("synthetic:gaussian-field",)

    @property
    def title(self) -> str:
        """The power."""
        return f"residual of power f^-{self.exponent:g}"
