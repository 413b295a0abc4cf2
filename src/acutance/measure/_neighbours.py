"""Nearest-neighbour balls around one set, and which points of another fall into them, block by block.

Distances are made in float32 as one matrix product a block; whatever lies within rounding of a limit is decided again
in float64, so the counts are exact at the speed of float32, and no n x n matrix is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from acutance.measure._blocks import spans

__all__ = ["Balls", "Hits", "hits", "radii"]

_SPARE: Final = 3
"""Candidates kept beyond the k nearest, so that float32 ties cannot push the true k-th out."""

_CHUNK: Final = 16384
_ROUNDING: Final = 2e-6


@dataclass(frozen=True)
class Balls:
    """A ball around each point, out to its k-th neighbour in its own set."""

    points: Float[Tensor, "n d"]
    square: Float[Tensor, "n ks"]


@dataclass
class Hits:
    """Which points fall into which balls, for each k.

    Attributes:
        per_point: in how many balls each point lies.
        per_ball: how many points each ball holds.
        only_ball: per ball, how many points lie in this ball and no other.
        only_point: per point, how many balls hold this point and no other.
    """

    per_point: Int[Tensor, "m ks"]
    per_ball: Int[Tensor, "n ks"]
    only_ball: Int[Tensor, "n ks"]
    only_point: Int[Tensor, "m ks"]


def squares(a: Tensor, b: Tensor, a2: Tensor, b2: Tensor) -> Tensor:
    """Squared distances of all rows of a to all rows of b."""
    return torch.addmm(b2[None, :], a, b.T, alpha=-2.0).add_(a2[:, None])


def _exact(a: Tensor, i: Tensor, b: Tensor, j: Tensor) -> Tensor:
    """Squared distances of pairs (a[i], b[j]) in float64."""
    found = torch.empty(len(i), dtype=torch.float64)
    for part in spans(len(i), _CHUNK):
        found[part] = (a[i[part]].double() - b[j[part]].double()).square().sum(1)
    return found


def radii(points: Float[Tensor, "n d"], ks: tuple[int, ...]) -> Balls:
    """Squared distance of each point to its k-th nearest neighbour, itself left out, for each k.

    Args:
        points: (n, d) features, n > max(ks).
        ks: neighbour numbers.
    """
    wide = max(ks) + _SPARE
    n = len(points)
    centred = (points.double() - points.double().mean(0)).float()
    lengths = centred.square().sum(1)
    best = torch.full((n, wide), torch.inf)
    index = torch.zeros(n, wide, dtype=torch.int64)
    for i in spans(n):
        for j in spans(n):
            if j.start < i.start:
                continue
            block = squares(centred[i], centred[j], lengths[i], lengths[j])
            if i == j:
                block.fill_diagonal_(torch.inf)
            else:
                _keep_nearest(best, index, j, block.T, i)
            _keep_nearest(best, index, i, block, j)
    rows = torch.arange(n)[:, None].expand(n, wide)
    known = torch.isfinite(best)
    exact = torch.full((n, wide), torch.inf, dtype=torch.float64)
    exact[known] = _exact(points, rows[known], points, index[known])
    return Balls(points, exact.sort(dim=1).values[:, [k - 1 for k in ks]])


def _keep_nearest(best: Tensor, index: Tensor, rows: slice, block: Tensor, columns: slice) -> None:
    """Merge a block's nearest columns into the running nearest of its rows."""
    count = min(best.shape[1], block.shape[1])
    value, place = block.topk(count, dim=1, largest=False, sorted=False)
    value = torch.cat([best[rows], value], dim=1)
    place = torch.cat([index[rows], place + columns.start], dim=1)
    best[rows], chosen = value.topk(best.shape[1], dim=1, largest=False, sorted=False)
    index[rows] = place.gather(1, chosen)


def hits(balls: Balls, points: Float[Tensor, "m d"]) -> Hits:
    """Counts points inside balls, the border included (`<=`), for each k.

    Args:
        balls: from `radii`.
        points: (m, d) features.
    """
    n, m, ks = len(balls.points), len(points), balls.square.shape[1]
    centre = balls.points.double().mean(0)
    a, b = ((p.double() - centre).float() for p in (balls.points, points))
    a2, b2 = a.square().sum(1), b.square().sum(1)
    slack = _ROUNDING * float(a2.max() + b2.max()) * max(1.0, a.shape[1] ** 0.5 / 16)
    limit = (balls.square.max(1).values + slack).float()
    per_point, ball_of = torch.zeros(m, ks, dtype=torch.int64), torch.zeros(m, ks, dtype=torch.int64)
    per_ball, point_of = torch.zeros(n, ks, dtype=torch.int64), torch.zeros(n, ks, dtype=torch.int64)
    for i in spans(n):
        for j in spans(m):
            block = squares(a[i], b[j], a2[i], b2[j])
            rows, columns = (block <= limit[i, None]).nonzero(as_tuple=True)
            found = block[rows, columns]
            rows, columns = rows + i.start, columns + j.start
            for k in range(ks):
                inside = _inside(balls, k, rows, points, columns, found, slack)
                ball, point = rows[inside], columns[inside]
                one = torch.ones_like(ball)
                per_point[:, k].index_add_(0, point, one)
                per_ball[:, k].index_add_(0, ball, one)
                ball_of[:, k].index_add_(0, point, ball)
                point_of[:, k].index_add_(0, ball, point)
    return Hits(per_point, per_ball, _only(per_point, ball_of, n), _only(per_ball, point_of, m))


def _inside(
    balls: Balls, k: int, i: Tensor, points: Tensor, j: Tensor, found: Tensor, slack: float
) -> Bool[Tensor, " pairs"]:
    """Which candidate pairs are inside; those within rounding of the border are measured again."""
    border = balls.square[i, k]
    inside = found.double() <= border
    unsure = ((found.double() - border).abs() <= 2 * slack).nonzero().flatten()
    inside[unsure] = _exact(balls.points, i[unsure], points, j[unsure]) <= border[unsure]
    return inside


def _only(count: Tensor, sum_of_indices: Tensor, size: int) -> Tensor:
    """Where the count is one, the sum of indices is the one index; how often each index stands alone."""
    alone = torch.zeros(size, count.shape[1], dtype=torch.int64)
    for k in range(count.shape[1]):
        who = sum_of_indices[count[:, k] == 1, k]
        alone[:, k] = torch.bincount(who, minlength=size)
    return alone
