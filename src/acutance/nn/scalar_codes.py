"""Finite scalar quantisation: every channel rounded to a few levels; nothing is learnt and nothing can collapse."""

from __future__ import annotations

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.errors import ConfigError
from acutance.nn.latents import Codes
from acutance.nn.quantiser import Quantiser, straight_through

__all__ = ["ScalarCodes"]

_MARGIN = 1e-3


@final
class ScalarCodes(Quantiser):
    """Bounds each channel by a tanh and rounds it to one of `levels[channel]` values in [-1, 1].

    The codebook is the grid of all combinations, so its size is the product of the levels.

    Args:
        levels: values of each channel, at least 3 each, e.g. (8, 5, 5, 5) for about 2^10 entries.

    Raises:
        ConfigError: no channel, or one with fewer than 3 levels.

    References:
        Mentzer et al. 2024, theory E.
    """

    def __init__(self, levels: tuple[int, ...]) -> None:
        if not levels or min(levels) < 3:
            raise ConfigError(f"levels are the values of each channel, at least 3 each; got {list(levels)}")
        super().__init__(len(levels), levels)
        self.register_buffer("_levels", torch.tensor(levels, dtype=torch.float32), persistent=False)
        self._levels: Tensor

    def forward(self, latents: Float[Tensor, "n c *grid"]) -> Codes:
        """The nearest level of every bounded channel, with the gradient of the bounded value."""
        levels = self._levels.reshape(1, -1, *[1] * (latents.ndim - 2))
        half = torch.div(levels, 2, rounding_mode="floor")
        reach = (levels - 1) * (1 + _MARGIN) / 2
        odd_one = 0.5 * (levels % 2 == 0)  # an even number of levels has no middle: rounding is shifted by half a level
        bounded = torch.tanh(latents.float() + torch.atanh(odd_one / reach)) * reach - odd_one
        rounded = bounded.detach().round()
        digits = (rounded + half).long()
        return Codes(
            straight_through(bounded, rounded) / half, bounded / half, self.joined(digits), self.size, self.levels
        )

    def nearest(self, values: Float[Tensor, "n c *grid"]) -> Float[Tensor, "n c *grid"]:
        """Rounded without a tanh: values are bounded already, as `Codes.continuous` is."""
        levels = self._levels.reshape(1, -1, *[1] * (values.ndim - 2))
        half = torch.div(levels, 2, rounding_mode="floor")
        return (values * half).round().clamp(-half, levels - 1 - half) / half

    def penalty(self, codes: Codes) -> Float[Tensor, ""]:
        """Zero: the grid stands still and is reached from everywhere."""
        return codes.quantized.new_zeros(())
