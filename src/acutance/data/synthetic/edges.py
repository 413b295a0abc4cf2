"""A step edge at a place that nothing tells (theory O1): what each loss makes of ignorance, in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float64
from torch import Tensor

from acutance.errors import ConfigError

__all__ = ["EdgeAnswers", "edges"]


@final
@dataclass(frozen=True, kw_only=True)
class EdgeAnswers:
    """A vertical edge from 0 to 1 at `u ~ N(centre, s^2)`; pixel i is `clip(i + 1 - u, 0, 1)`, its covered area.

    The code knows nothing of u. The L2 answer is then the mean image, a ramp `s sqrt(2 pi)` wide; the L1 answer is the
    median image, a step, at `sqrt 2` times the squared error; a posterior sample costs twice (T5, T6, O1). The last
    two ratios and the width hold for infinitely small pixels in an infinite image; everything that is a profile or
    a squared error here includes the pixels and the borders exactly.

    Attributes:
        size: side of the images in pixels.
        s_px: standard deviation of the edge's place.
        centre_px: its mean, in pixels from the left border.
    """

    size: int
    s_px: float
    centre_px: float

    width_ratio = math.sqrt(2.0 * math.pi)
    l1_ratio = math.sqrt(2.0)
    sample_ratio = 2.0

    @property
    def width_px(self) -> float:
        """Width of the L2 ramp, range / largest slope: `s sqrt(2 pi)`."""
        return self.s_px * self.width_ratio

    def mean_profile(self) -> Float64[Tensor, " size"]:
        """One row of the L2 answer: `E[x_i]`, the normal distribution function averaged over pixel i."""
        left, right = self._places()
        return self.s_px * (_first(right) - _first(left))

    def median_profile(self) -> Float64[Tensor, " size"]:
        """One row of the L1 answer: the edge at its median place."""
        return _profile(torch.tensor([self.centre_px], dtype=torch.float64), self.size)[0]

    def l2_mse(self) -> float:
        """Squared error per pixel of the mean image; `s / (sqrt(pi) size)` for small pixels."""
        return float((self._square() - self.mean_profile() ** 2).mean())

    def l1_mse(self) -> float:
        """Squared error per pixel of the median image."""
        mean, median = self.mean_profile(), self.median_profile()
        return float((self._square() - 2 * median * mean + median**2).mean())

    def sample_mse(self) -> float:
        """Squared error per pixel of an independent draw: exactly twice that of the mean image (T6)."""
        return 2.0 * self.l2_mse()

    def _square(self) -> Float64[Tensor, " size"]:
        """`E[x_i^2] = int_0^1 2 t P(x_i > t) dt`, per column."""
        left, right = self._places()
        ends = torch.arange(1, self.size + 1, dtype=torch.float64)
        first = _first(right) - _first(left)
        second = _second(right) - _second(left)
        return 2.0 * self.s_px * ((ends - self.centre_px) * first - self.s_px * second)

    def _places(self) -> tuple[Tensor, Tensor]:
        """Left and right border of each pixel in standard deviations from the centre."""
        borders = (torch.arange(self.size + 1, dtype=torch.float64) - self.centre_px) / self.s_px
        return borders[:-1], borders[1:]


def edges(
    n: int, size: int, rng: torch.Generator, *, s_px: float, centre_px: float | None = None
) -> tuple[Float64[Tensor, "n 1 size size"], EdgeAnswers]:
    """Draw jittered step edges, exact area coverage, float64 in [0, 1].

    Args:
        n: how many.
        size: side in pixels, at least 2.
        rng: where the places come from.
        s_px: standard deviation of the edge's place in pixels, above 0.
        centre_px: its mean; the middle by default.

    Returns:
        The images, and what is known exactly about them.

    Raises:
        ConfigError: an argument is out of range.
    """
    if size < 2 or not (math.isfinite(s_px) and s_px > 0):
        raise ConfigError(f"edges need a size of at least 2 px and a jitter above 0 px, got {size} and {s_px}")
    centre = size / 2 if centre_px is None else centre_px
    places = centre + s_px * torch.randn(n, generator=rng, dtype=torch.float64)
    images = _profile(places, size)[:, None, None, :].expand(n, 1, size, size)
    return images.contiguous(), EdgeAnswers(size=size, s_px=s_px, centre_px=centre)


def _profile(places: Float64[Tensor, " n"], size: int) -> Float64[Tensor, "n size"]:
    ends = torch.arange(1, size + 1, dtype=torch.float64)
    return (ends - places[:, None]).clamp(0.0, 1.0)


def _first(z: Tensor) -> Tensor:
    """An antiderivative of the normal distribution function: `z Phi(z) + phi(z)`."""
    below: Tensor = torch.special.ndtr(z)
    return z * below + _density(z)


def _second(z: Tensor) -> Tensor:
    """An antiderivative of `z Phi(z)`: `(z^2 Phi + z phi - Phi) / 2`."""
    below: Tensor = torch.special.ndtr(z)
    return 0.5 * ((z**2 - 1.0) * below + z * _density(z))


def _density(z: Tensor) -> Tensor:
    return torch.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)
