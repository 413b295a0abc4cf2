"""Dead leaves: discs that hide one another (Matheron 1968), with sharp edges and the power law of photographs.

On a torus the second-order statistics are exact: two points at a lag h show the same leaf with the probability
`p(h) = G(h) / (2 A - G(h))`, where A is a leaf's mean area and G its mean overlap with itself moved by h (Lee, Mumford,
Huang 2001); else their greys are independent. So the covariance is `variance * p(h)`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from acutance.data.synthetic._quantised import ROUNDING_VARIANCE
from acutance.errors import ConfigError

__all__ = ["DeadLeavesAnswers", "dead_leaves"]

_GREY_VARIANCE = 1.0 / 12.0
_NODES = 256
_LEAVES = 12
_FEW_OPEN = 0.12


@final
@dataclass(frozen=True, kw_only=True)
class DeadLeavesAnswers:
    """What is known exactly: greys uniform in [0, 1], radii of density `~ r^-3` from `r_min_px` to `r_max_px`.

    A pixel is the average of `supersampling^2` points; the covariance and the power include that exactly. Rounding to
    8 bits adds `rounding_variance` to every eigenvalue.

    Attributes:
        size: side in pixels; the borders meet.
        r_min_px: smallest radius.
        r_max_px: largest radius, at most a quarter of the side.
        supersampling: points a pixel along each axis.
    """

    size: int
    r_min_px: float
    r_max_px: float
    supersampling: int

    mean = 0.5
    rounding_variance = ROUNDING_VARIANCE

    def same_leaf(self, lag_px: Float64[Tensor, " *lags"]) -> Float64[Tensor, " *lags"]:
        """Probability p(h) that two points at this distance show the same leaf; at most half a side."""
        flat = lag_px.flatten()
        overlap = _mean_overlap(flat, self.r_min_px, self.r_max_px)
        return (overlap / (2.0 * _mean_area(self.r_min_px, self.r_max_px) - overlap)).reshape(lag_px.shape)

    def power(self) -> Float64[Tensor, "size size"]:
        """`E|X_k|^2 / size^2` of the mean-free image, in the layout of `fft2`: the covariance's eigenvalues."""
        s, fine = self.supersampling, self.size * self.supersampling
        lag = torch.arange(fine, dtype=torch.float64)
        lag = torch.minimum(lag, fine - lag) / s
        distance = torch.hypot(lag[:, None], lag[None, :])
        values, inverse = torch.unique(distance, return_inverse=True)
        covariance = _GREY_VARIANCE * self.same_leaf(values)[inverse]
        box = torch.zeros(fine, dtype=torch.float64)
        box[:s] = 1.0 / s
        response = torch.fft.fft(box).abs() ** 2
        averaged = torch.fft.ifft2(torch.fft.fft2(covariance) * response[:, None] * response[None, :]).real
        power: Tensor = torch.fft.fft2(averaged[::s, ::s]).real
        return power

    def variance(self) -> float:
        """Variance of a pixel."""
        return float(self.power().mean())


def dead_leaves(
    n: int,
    size: int,
    rng: torch.Generator,
    *,
    r_min_px: float = 1.0,
    r_max_px: float | None = None,
    supersampling: int = 2,
) -> tuple[Float64[Tensor, "n 1 size size"], DeadLeavesAnswers]:
    """Draw dead leaves by perfect simulation: from the front to the back, until everything is covered.

    (Kendall and Thonnes 1999: stopping there leaves no trace in the statistics, unlike drawing from the back.)

    Args:
        n: how many.
        size: side in pixels, at least 8.
        rng: where leaves come from.
        r_min_px: smallest radius in pixels, above 0.
        r_max_px: largest radius, up to a quarter of the side (the default).
        supersampling: points a pixel along each axis, at least 1.

    Returns:
        The images, float64 in [0, 1], and what is known exactly about them.

    Raises:
        ConfigError: an argument is out of range.
    """
    largest = size / 4 if r_max_px is None else r_max_px
    if size < 8 or supersampling < 1 or not 0 < r_min_px < largest <= size / 4:
        raise ConfigError(
            "dead leaves need a size of at least 8 px, supersampling of at least 1 and radii with "
            f"0 < r_min < r_max <= size / 4; got {size}, {supersampling}, {r_min_px} and {largest}"
        )
    answers = DeadLeavesAnswers(size=size, r_min_px=r_min_px, r_max_px=largest, supersampling=supersampling)
    points = _covered(n, answers, rng).reshape(n, size, supersampling, size, supersampling)
    return points.to(torch.float64).mean(dim=(2, 4))[:, None], answers


def _covered(n: int, answers: DeadLeavesAnswers, rng: torch.Generator) -> Tensor:
    """The grey of every point, (n, side, side): leaf by leaf on all points, then on a list of those still open."""
    side = answers.size * answers.supersampling
    grey = torch.full((n, side, side), math.nan)
    place = (torch.arange(side, dtype=torch.float32) + 0.5) / answers.supersampling
    is_open = torch.ones(n, side, side, dtype=torch.bool)
    while float(is_open.float().mean()) > _FEW_OPEN:
        for _ in range(_LEAVES):
            _cover_all(grey, is_open, place, _leaves(n, answers, rng), float(answers.size))
    image, row, column = is_open.nonzero(as_tuple=True)
    while len(image):
        still = torch.ones(len(image), dtype=torch.bool)
        for _ in range(_LEAVES):
            x, y, square_radius, shade = _leaves(n, answers, rng)
            dx = _wrapped(place[column] - x[image], float(answers.size))
            dy = _wrapped(place[row] - y[image], float(answers.size))
            hit = still & (dx.square_().add_(dy.square_()) < square_radius[image])
            grey[image[hit], row[hit], column[hit]] = shade[image[hit]]
            still &= ~hit
        image, row, column = image[still], row[still], column[still]
    return grey


def _leaves(n: int, answers: DeadLeavesAnswers, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The next leaf of each image: x, y, squared radius, grey."""
    low, high = answers.r_max_px**-2, answers.r_min_px**-2
    x, y, v, shade = torch.rand(4, n, generator=rng)
    return x * answers.size, y * answers.size, 1.0 / (low + (high - low) * v), shade


def _cover_all(grey: Tensor, is_open: Tensor, place: Tensor, leaf: tuple[Tensor, ...], period: float) -> None:
    """Lay one leaf behind all others in every image."""
    x, y, square_radius, shade = leaf
    dx = _wrapped(place[None, :] - x[:, None], period).square_()
    dy = _wrapped(place[None, :] - y[:, None], period).square_()
    hit = (dy[:, :, None] < square_radius[:, None, None] - dx[:, None, :]).logical_and_(is_open)
    torch.where(hit, shade[:, None, None], grey, out=grey)
    is_open.logical_xor_(hit)


def _wrapped(distance: Tensor, period: float) -> Tensor:
    """The distance along the shorter way around, for distances within one period."""
    distance.abs_()
    return torch.minimum(distance, period - distance)


def _mean_area(r_min: float, r_max: float) -> float:
    """`E[pi r^2]` for a density `~ r^-3`."""
    return 2.0 * math.pi * math.log(r_max / r_min) / (r_min**-2 - r_max**-2)


def _mean_overlap(lag: Tensor, r_min: float, r_max: float) -> Tensor:
    """`E[2 r^2 acos(h / 2r) - h/2 sqrt(4 r^2 - h^2)]` by Gauss-Legendre in `v = r^-2`, whose density is uniform."""
    nodes, weights = (torch.from_numpy(a) for a in np.polynomial.legendre.leggauss(_NODES))
    low, whole = r_max**-2, r_min**-2 - r_max**-2
    high = torch.clamp(4.0 / lag.clamp(min=1e-12) ** 2, max=r_min**-2)
    half = 0.5 * (high - low).clamp(min=0.0)
    v = low + half[:, None] * (nodes + 1.0)
    radius, h = v.rsqrt(), lag[:, None]
    overlap = 2.0 * radius**2 * torch.acos((h / (2.0 * radius)).clamp(max=1.0))
    overlap = overlap - 0.5 * h * (4.0 * radius**2 - h**2).clamp(min=0.0).sqrt()
    return (overlap * weights).sum(dim=1) * half / whole
