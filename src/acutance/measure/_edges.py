"""Straight step edges in natural images, and the edge-spread function that they share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["BIN_PX", "Edges", "bin_middles", "edge_columns", "edge_spread", "find_edges", "line_spread", "mtf"]

Floats = NDArray[np.float64]

BIN_PX: Final = 0.25
"""Width of a bin across the edge: four samples a pixel, as in ISO 12233."""

_ROWS: Final = torch.tensor([-2, -1, 1, 2])
"""The rows beside a row that place the edge in it and judge its straightness."""
_CONTRAST: Final = 0.1
"""Least height of a step; images are in [0, 1]."""
_FLAT: Final = 0.05
"""How far the two outermost values of a side may differ, in heights of the step, on average over the rows."""
_STRAIGHT_PX: Final = 0.1
"""Largest root mean square distance of a row's own place from the straight line through all."""
_VARIATION: Final = 1.3
"""Largest total variation of the rows, in heights of the step: a second edge nearby has more, and so has noise."""
_SLOPE: Final = 0.5
"""Largest slant, in columns a row; steeper, and the sides would lie too near to the edge."""
_PLACE_PX: Final = 0.75
"""Largest distance of the edge from the pixel that was looked at."""
_PARABOLA: Final = np.array([-2.0, 3.0, 6.0, 7.0, 6.0, 3.0, -2.0]) / 21.0
_FILLED: Final = 4
"""Bins that must hold a value for there to be a curve."""
_EVEN: Final = 0.1
"""How far the heights of the rows' steps may differ from their mean, relative."""
_ALMOST: Final = 1.0 - 1e-6
"""Leaves what is on a limit to the exact test."""


@dataclass(frozen=True)
class Edges:
    """Rows across edges, rising from 0 to 1.

    Attributes:
        image: (M,) which image each is from.
        profile: (M, 2 R + 1) values, scaled so that the two sides are 0 and 1.
        distance: (M, 2 R + 1) distance of each value from the edge, in px, at a right angle to it.
    """

    image: Tensor
    profile: Tensor
    distance: Tensor


def edge_columns(luma: Float[Tensor, "n h w"], radius: int) -> Float[Tensor, "n k"]:
    """Per image: number of values, their sum and the sum of their distances in each bin across an edge, then edges.

    Args:
        luma: (N, H, W).
        radius: how far to either side of an edge it is looked at, in px; sides must be at least 2 radius + 1.
    """
    found = [find_edges(images, radius) for images in (luma, luma.transpose(1, 2))]
    image = torch.cat([edges.image for edges in found])
    profile = torch.cat([edges.profile for edges in found])
    distance = torch.cat([edges.distance for edges in found])
    bins = bins_of(radius)
    inside = distance.abs() < reach(radius)
    at = torch.floor(distance / BIN_PX).long() + bins // 2
    cell = (image[:, None] * bins + at)[inside]
    sums = torch.zeros(3, len(luma) * bins, dtype=torch.float64)
    for row, values in zip(sums, (torch.ones_like(profile), profile, distance), strict=True):
        row.index_add_(0, cell, values[inside])
    count = torch.bincount(image, minlength=len(luma)).double()
    return torch.cat([*(row.reshape(len(luma), bins) for row in sums), count[:, None]], dim=1)


def bins_of(radius: int) -> int:
    """Number of bins across an edge, `radius` to either side."""
    return 2 * round(radius / BIN_PX)


def reach(radius: int) -> float:
    """Distance from the edge, in px, up to which every edge has values, however slanted."""
    return BIN_PX * math.floor((radius - _PLACE_PX) / math.hypot(1.0, _SLOPE) / BIN_PX)


def find_edges(luma: Float[Tensor, "n h w"], radius: int) -> Edges:
    """Edges that are nearer to vertical than to horizontal.

    Candidates are pixels where the horizontal difference of two rows above and two below is largest. One is kept if
    these four rows, each placed by the centroid of its differences, lie on a straight line, their steps are as high as
    one another, and both sides are flat. The values are those of the row between, which had no part in the choice, so
    that noise does not choose itself.
    """
    image, row, column = _candidates(luma, radius)
    offset = torch.arange(-radius, radius + 1)
    window = luma[image[:, None, None], row[:, None, None] + _ROWS[:, None], column[:, None, None] + offset]
    low, high = window[..., :2].mean(-1), window[..., -2:].mean(-1)
    base, height = low.mean(1), (high - low).mean(1)
    slopes = window.diff(dim=2) / height[:, None, None]
    rise = slopes.sum(2)
    places = ((offset[:-1] + 0.5) * slopes).sum(2) / rise
    place = places.mean(1)
    slope = (places * _ROWS).sum(1) / _ROWS.square().sum()
    off = places - place[:, None] - slope[:, None] * _ROWS
    ends = slopes[..., [0, -1]].mean(1).abs().amax(1)
    good = (
        (height.abs() >= _CONTRAST)
        & (((high - low) / height[:, None] - 1.0).abs().amax(1) <= _EVEN)
        & (off.square().mean(1).sqrt() <= _STRAIGHT_PX)
        & (ends <= _FLAT)
        & (slopes.abs().sum(2).mean(1) <= _VARIATION)
        & (slope.abs() <= _SLOPE)
        & (place.abs() <= _PLACE_PX)
    )
    image, row, column, slope, place = (values[good] for values in (image, row, column, slope, place))
    middle = luma[image[:, None], row[:, None], column[:, None] + offset]
    profile = (middle - base[good, None]) / height[good, None]
    return Edges(image, profile, (offset - place[:, None]) / torch.sqrt(1.0 + slope.square())[:, None])


def _candidates(luma: Float[Tensor, "n h w"], radius: int) -> tuple[Tensor, Tensor, Tensor]:
    """Image, row and column of pixels where the difference along the row is largest, and larger than the one across.

    The mean of the four rows must itself rise high enough without turning back too often: no place is lost by asking
    that first, and in rough images most are.
    """
    top, height = int(_ROWS.max()), luma.shape[1]
    beside = torch.stack([luma[:, top + int(k) : height - top + int(k)] for k in _ROWS]).mean(0)
    down = (luma[:, 2 * top :] - luma[:, : height - 2 * top])[:, :, 1:-1].abs()
    size = (beside[:, :, 2:] - beside[:, :, :-2]).abs()
    size = torch.nn.functional.pad(size * (2.0 * size >= down), (1, 1))
    width = size.shape[2]
    before, middle, after = (size[:, :, radius + k : width - radius + k] for k in (-1, 0, 1))
    largest = (middle >= before) & (middle > after) & (middle > 0.2 * _CONTRAST) & _may_step(beside, radius)
    image, row, column = torch.nonzero(largest, as_tuple=True)
    return image, row + top, column + radius


def _may_step(beside: Float[Tensor, "n h w"], radius: int) -> Tensor:
    """Whether the mean of the rows steps by enough between the two sides, within the variation that a step may have."""
    width = beside.shape[2]
    ends = (beside[:, :, :-1] + beside[:, :, 1:]) / 2.0
    height = (ends[:, :, 2 * radius - 1 :] - ends[:, :, : width - 2 * radius]).abs()
    passed = torch.nn.functional.pad(beside.diff(dim=2).abs().cumsum(2), (1, 0))
    variation = passed[:, :, 2 * radius :] - passed[:, :, : width - 2 * radius]
    return (height >= _ALMOST * _CONTRAST) & (_ALMOST * variation <= _VARIATION * height)


def edge_spread(count: Floats, total: Floats, distance: Floats) -> Floats:
    """Edge-spread functions at the middle of each bin, (rows, bins), from sums per bin (rows, bins).

    The mean value of a bin belongs to the mean distance of its values; between them, and to 0 and 1 at the radius, lead
    straight lines. NaN where few bins are filled.
    """
    middle = bin_middles(count.shape[1])
    ends = middle[-1] + BIN_PX / 2
    found = np.full(count.shape, np.nan)
    for row, n, value, where in zip(found, count, total, distance, strict=True):
        filled = n > 0
        if filled.sum() >= _FILLED:
            x, y = where[filled] / n[filled], value[filled] / n[filled]
            row[:] = np.interp(middle, np.r_[-ends, x, ends], np.r_[0.0, y, 1.0])
    return found


def bin_middles(bins: int) -> Floats:
    """Distance from the edge of the middle of each bin, in px."""
    return np.asarray((np.arange(bins) + 0.5 - bins / 2) * BIN_PX)


def line_spread(edge: Floats) -> Floats:
    """Slope of an edge-spread function between the middles of its bins, 1/px, (rows, bins - 1)."""
    return np.asarray(np.diff(edge, axis=1) / BIN_PX)


def width_px(line: Floats) -> Floats:
    """Range / largest slope, in px, of line-spread functions (rows, bins - 1), whose range is 1 (O1).

    The slope is that of a parabola through seven neighbours (Savitzky and Golay 1964), within 1.5 px of the edge.
    """
    near = np.abs(bin_middles(line.shape[1])) <= 1.5
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(line, ((0, 0), (3, 3)), mode="edge"), 7, axis=1)
    return np.asarray(1.0 / (windows @ _PARABOLA)[:, near].max(axis=1))


def mtf(line: Floats, frequency: Floats) -> Floats:
    """Modulation transfer of line-spread functions at each frequency in cycles/px, (rows, R).

    What the mean over a bin and the difference of two bins take away is given back: `sinc(f BIN_PX)^2`.
    """
    middle = bin_middles(line.shape[1])
    turned = line @ np.exp(-2j * np.pi * np.outer(middle, frequency))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.abs(turned) / line.sum(axis=1, keepdims=True) / np.sinc(frequency * BIN_PX) ** 2)
