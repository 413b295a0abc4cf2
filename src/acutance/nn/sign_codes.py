"""Lookup-free quantisation: one bit a channel, its sign."""

from __future__ import annotations

import math
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acutance.errors import ConfigError
from acutance.nn.latents import Codes, digits
from acutance.nn.processes import over_processes
from acutance.nn.quantiser import Quantiser, as_tokens, straight_through

__all__ = ["SignCodes"]

_MOST_BITS = 14
_SHARPNESS = 4.0


@final
class SignCodes(Quantiser):
    """Takes the sign of each channel; the codebook is all 2^bits corners of a cube.

    What keeps the corners in use is an entropy penalty: each token is to be sure of its corner, and all corners are to
    be taken equally often. With the chance of a corner `p(c|z)` proportional to `exp(-|z - c|^2)`, that is
    `mean H(p(.|z)) - H(mean p(.|z))`, in nats, the means over the tokens of all processes.

    Args:
        bits: channels, 1 to 14.
        commitment: weight of the pull of latents to their corners.
        entropy: weight of the entropy penalty.

    Raises:
        ConfigError: a number that is none of these.

    References:
        Yu et al. 2024 (MAGVIT-v2).
    """

    def __init__(self, bits: int, *, commitment: float = 0.25, entropy: float = 0.1) -> None:
        if not 1 <= bits <= _MOST_BITS:
            raise ConfigError(f"a code of signs has 1 to {_MOST_BITS} bits at each place, got {bits}")
        if not (0 <= commitment < math.inf and 0 <= entropy < math.inf):
            raise ConfigError(f"weights are numbers from 0 on, got commitment {commitment}, entropy {entropy}")
        super().__init__(bits, (2,) * bits)
        self.commitment = commitment
        self.entropy = entropy
        corners = digits(torch.arange(self.size), self.levels).float()
        self.register_buffer("_corners", corners, persistent=False)
        self._corners: Tensor

    def forward(self, latents: Float[Tensor, "n c *grid"]) -> Codes:
        """The signs as -1 and 1, zero counting as 1, with the gradient of the latents."""
        wide = latents.float()
        positive = wide.detach() >= 0
        signs = positive.to(wide.dtype) * 2 - 1
        return Codes(straight_through(wide, signs), wide, self.joined(positive.long()), self.size, self.levels)

    def penalty(self, codes: Codes) -> Float[Tensor, ""]:
        """commitment * mean |z - c|^2 + entropy * (mean H(p(.|z)) - H(mean p(.|z)))."""
        tokens = as_tokens(codes.continuous)
        pull = (tokens - as_tokens(codes.quantized).detach()).square().mean()
        return self.commitment * pull + self.entropy * self._undecided(tokens)

    def _undecided(self, tokens: Float[Tensor, "n c"]) -> Float[Tensor, ""]:
        """Given the token its bits are independent, so the chance of a corner is a product over them."""
        with torch.autocast(tokens.device.type, enabled=False):
            one, zero = F.logsigmoid(_SHARPNESS * tokens), F.logsigmoid(-_SHARPNESS * tokens)
            sure = -(one.exp() * one + zero.exp() * zero).sum(1).mean()
            shares = over_processes((one @ self._corners.T + zero @ (1 - self._corners).T).exp().mean(0))
        return sure + (shares * shares.clamp_min(1e-12).log()).sum()
