"""A decoder that draws: a few steps along a flow from noise to what a regression leaves open (theory E, T15)."""

from __future__ import annotations

import itertools
import math
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from acutance.nn.blocks import SLOPE, conv, double, halve, residual_stage
from acutance.nn.decoder import Decoder, DrawingDecoder
from acutance.nn.layout import Layout
from acutance.rng import rng_for

__all__ = ["Flow", "Velocity"]

_HARMONICS = 4
_SHARPEST = 0.02


class Velocity(nn.Module):
    """The velocity of a flow, from where it is, when, and what is known: a U-Net on patches of pixels.

    Args:
        shape: of the images.
        known: features on the finest grid that say what is known.
        layout: its stages and patch.
    """

    def __init__(self, shape: tuple[int, int, int], known: int, layout: Layout) -> None:
        super().__init__()
        channels, height, width = shape
        layout.grid(height, width)
        self.patch = layout.patch
        fine_to_coarse = layout.widths[::-1]
        self.first = conv(2 * channels * layout.patch**2 + known, fine_to_coarse[0])
        self.down = nn.ModuleList(residual_stage(size, layout.blocks) for size in fine_to_coarse)
        self.widen = nn.ModuleList(conv(a, b, 1) for a, b in itertools.pairwise(fine_to_coarse))
        self.narrow = nn.ModuleList(conv(a, b, 1) for a, b in itertools.pairwise(layout.widths))
        self.up = nn.ModuleList(residual_stage(size, layout.blocks) for size in layout.widths[1:])
        self.clock = nn.ModuleList(nn.Linear(2 * _HARMONICS, size) for size in (*fine_to_coarse, *layout.widths[1:]))
        self.last = conv(fine_to_coarse[0], channels * layout.patch**2, gain=0.0)

    def forward(
        self,
        state: Float[Tensor, "n c h w"],
        angle: Float[Tensor, " n"],
        mean: Float[Tensor, "n c h w"],
        known: Float[Tensor, "n f a b"],
    ) -> Float[Tensor, "n c h w"]:
        """Velocities.

        Args:
            state: where the flow is.
            angle: when, from 0 to pi / 2.
            mean: what a regression makes of the code, in [-1, 1].
            known: features of the code.
        """
        pixels = F.pixel_unshuffle(torch.cat([state, mean], 1), self.patch)
        x = self.first(torch.cat([pixels, known.to(pixels.dtype)], 1))
        times = iter(clock(_harmonics(angle))[:, :, None, None] for clock in self.clock)
        held: list[Tensor] = []
        for index, stage in enumerate(self.down):
            if index:
                x = self.widen[index - 1](halve(x))
            x = stage(x + next(times))
            held.append(x)
        held.pop()
        for narrow, stage in zip(self.narrow, self.up, strict=True):
            x = stage(double(narrow(x)) + held.pop() + next(times))
        velocity: Tensor = F.pixel_shuffle(self.last(F.leaky_relu(x, SLOPE)), self.patch)
        return _wide(velocity)


@final
class Flow(DrawingDecoder):
    """What the regression `m` leaves open, `x - m`, drawn by a flow from noise `e`: `x_t = (1 - t) e + t x`.

    Where the remainder is Gaussian with deviation `s`, the flow of `(x_t - t m) / sqrt((1 - t)^2 + t^2 s^2)` turns by
    `a = atan2(t s, 1 - t)` from `e` to `(x - m) / s`. The network says what is to be added to that, so that
    it begins as a decoder with white noise and has to learn what is not Gaussian (T15).

    Args:
        mean: the regression, whose features are what is known; never trained.
        shape: of the images.
        layout: of the network.
        steps: from noise to image.
        mse: mean squared error per dimension of the regression.
    """

    def __init__(self, mean: Decoder, shape: tuple[int, int, int], layout: Layout, *, steps: int, mse: Tensor) -> None:
        super().__init__()
        self.latent = mean.latent
        self.mean = mean.requires_grad_(False)
        self.velocity = Velocity(shape, mean.last.in_channels, layout)
        self.steps = steps
        self.register_buffer("sigma", 2 * mse.clamp_min(0).sqrt().clamp_min(_SHARPEST))
        self.register_buffer("still", torch.randn(1, *shape, generator=rng_for(0, "decoder noise")), persistent=False)
        self.sigma: Tensor
        self.still: Tensor

    def forward(self, z: Float[Tensor, "n *latent"]) -> Float[Tensor, "n c h w"]:
        """Images, from one fixed field of noise."""
        return self.along(z, self.still.expand(z.shape[0], -1, -1, -1))

    def drawn(self, z: Float[Tensor, "n *latent"], generator: torch.Generator) -> Float[Tensor, "n c h w"]:
        """Images, each from noise of its own."""
        noise = torch.randn(len(z), *self.still.shape[1:], generator=generator, device=z.device)
        return self.along(z, noise)

    def along(self, z: Float[Tensor, "n *latent"], noise: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Images from noise, by Euler steps of equal angle in the frame that turns as a Gaussian remainder does."""
        mean, known = self.condition(z)
        turn = math.pi / 2 / self.steps
        state = noise.to(mean.dtype)
        for step in range(self.steps):
            angle = state.new_full((state.shape[0],), step * turn)
            state = state + turn * self.velocity(state, angle, mean, known)
        return (mean + self.sigma * state) * 0.5 + 0.5

    def condition(self, z: Float[Tensor, "n *latent"]) -> tuple[Tensor, Tensor]:
        """What the regression says of a code: its images in [-1, 1], and the features they are made of."""
        known = self.mean.features(z)
        return _wide(self.mean.pixels(known)) * 2 - 1, F.leaky_relu(known, SLOPE)

    def error(
        self, images: Float[Tensor, "n c h w"], z: Float[Tensor, "n *latent"], generator: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Squared error of the velocity `x - e` at a random time, per dimension, with x in [-1, 1].

        Args:
            images: values in [0, 1].
            z: their codes.
            generator: of times and noise.
        """
        with torch.no_grad():
            mean, known = self.condition(z)
        time = torch.rand(len(images), 1, 1, 1, generator=generator, device=images.device)
        noise = torch.randn(images.shape, generator=generator, device=images.device)
        rest = (images * 2 - 1 - mean) / self.sigma
        length = ((1 - time).square() + (time * self.sigma).square()).sqrt()
        cosine, sine = (1 - time) / length, time * self.sigma / length
        state, wanted = cosine * noise + sine * rest, cosine * rest - sine * noise
        angle = torch.atan2(sine, cosine).flatten().to(state.dtype)
        wrong: Tensor = self.sigma / length * (self.velocity(state, angle, mean, known) - wanted)
        return wrong.square().flatten(1).mean(1)


def _wide(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _harmonics(angle: Float[Tensor, " n"]) -> Float[Tensor, "n k"]:
    """Sines and cosines of multiples of an angle."""
    multiples = angle[:, None] * (2 * torch.arange(1, _HARMONICS + 1, device=angle.device))
    return torch.cat([multiples.sin(), multiples.cos()], 1)
