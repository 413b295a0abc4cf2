"""The shared decoder with noise at every resolution, so that one code can have many outputs (T11)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.nn.blocks import conv
from acutance.nn.decoder import Decoder, DrawingDecoder
from acutance.rng import rng_for

__all__ = ["NoisyDecoder"]

_GAIN = 0.1


@final
class NoisyDecoder(DrawingDecoder):
    """A decoder to whose features each stage adds noise through a 1 x 1 convolution that starts small.

    Args:
        decoder: what is given the noise; trained on.
        channels: of noise at each place of each grid.

    Raises:
        ConfigError: no channels.
    """

    def __init__(self, decoder: Decoder, channels: int) -> None:
        super().__init__()
        if channels < 1:
            raise ConfigError(f"noise has at least one channel, got {channels}")
        self.latent = decoder.latent
        self.decoder = decoder
        self.channels = channels
        features = decoder.widths
        self.enter = nn.ModuleList(conv(channels, count, 1, gain=_GAIN) for count in features)
        self.shapes = [(channels, *(side << index for side in decoder.grid)) for index in range(len(features))]
        still = torch.randn(1, sum(map(math.prod, self.shapes)), generator=rng_for(0, "decoder noise"))
        self.register_buffer("still", still, persistent=False)
        self.still: Tensor

    def forward(self, z: Float[Tensor, "n *latent"]) -> Float[Tensor, "n c h w"]:
        """Images, from one fixed field of noise."""
        return self._with(z, self._fields(self.still))

    def drawn(self, z: Float[Tensor, "n *latent"], generator: torch.Generator) -> Float[Tensor, "n c h w"]:
        """Images, each from noise of its own."""
        noise = torch.randn(len(z), self.still.shape[1], generator=generator, device=z.device)
        return self._with(z, self._fields(noise))

    def _fields(self, noise: Tensor) -> list[Tensor]:
        parts = torch.split(noise, [math.prod(shape) for shape in self.shapes], dim=1)
        return [part.view(-1, *shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def _with(self, z: Tensor, fields: Sequence[Tensor]) -> Tensor:
        x = self.decoder.start(z)
        for index, (stage, enter, noise) in enumerate(zip(self.decoder.stages, self.enter, fields, strict=True)):
            x = stage(self.decoder.raised(x, index) + enter(noise))
        return self.decoder.pixels(x)
