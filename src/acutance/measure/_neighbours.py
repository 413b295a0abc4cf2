"""Nearest-neighbour balls around two sets, and which points of each fall into the balls of the other, block by block.

No n x n matrix is held, and every count is that of float64 distances (see `_within`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from acutance.measure._blocks import BLOCK, spans
from acutance.measure._within import Finder, Pairs

__all__ = ["Balls", "Hits", "balls_around", "mutual_hits", "nearest"]


@dataclass(frozen=True)
class Balls:
    """Balls around each point, out to its k-th neighbour in its own set.

    Attributes:
        points: the centres.
        square: squared radius for each wanted k; infinite where there is no k-th neighbour.
        nearest: index of the 1st, 2nd, ... neighbour, up to the largest k.
    """

    points: Float[Tensor, "n d"]
    square: Float[Tensor, "n ks"]
    nearest: Int[Tensor, "n k"]


@dataclass(frozen=True)
class Hits:
    """Which points fall into which balls, for each k.

    Attributes:
        per_point: in how many balls each point lies.
        per_ball: how many points each ball holds.
        only_ball: per ball, how many points lie in this ball and no other.
        only_point: per point, how many balls hold this point and no other.
        holder: per point, the sum of the indices of the balls that it lies in; the one's index where there is one.
        shells: for each k but the last, the (ball, point) pairs that come in at the next k.
    """

    per_point: Int[Tensor, "m ks"]
    per_ball: Int[Tensor, "n ks"]
    only_ball: Int[Tensor, "n ks"]
    only_point: Int[Tensor, "m ks"]
    holder: Int[Tensor, "m ks"]
    shells: tuple[Int[Tensor, "2 _"], ...]


def balls_around(points: Float[Tensor, "n d"], ks: tuple[int, ...]) -> Balls:
    """Squared distance of each point to its k-th nearest neighbour, itself left out, for each k.

    Args:
        points: (n, d) features.
        ks: neighbour numbers.
    """
    square, index = _nearest(Finder(points, None), max(ks))
    return Balls(points, square[:, [k - 1 for k in ks]], index)


def nearest(
    points: Float[Tensor, "m d"], among: Float[Tensor, "n d"], count: int = 1
) -> tuple[Float[Tensor, "m count"], Int[Tensor, "m count"]]:
    """Squared distances of each point to its nearest of another set, exact, in order, and which ones these are."""
    return _nearest(Finder(points, among), count)


def _nearest(finder: Finder, count: int) -> tuple[Float[Tensor, "n k"], Int[Tensor, "n k"]]:
    """Squared distances of the `count` nearest columns to each row, in order, and which they are; ties by index."""
    found = [_nearest_to(finder, rows, count) for rows in spans(len(finder.rows))]
    return torch.cat([square for square, _ in found]), torch.cat([index for _, index in found])


def _nearest_to(finder: Finder, rows: slice, count: int) -> tuple[Tensor, Tensor]:
    n, m = rows.stop - rows.start, len(finder.columns)
    square, index = torch.full((n, count), torch.inf, dtype=torch.float64), torch.zeros(n, count, dtype=torch.int64)
    limit = finder.limit(rows, slice(0, min(BLOCK, m)), count)
    for columns in spans(m):
        pairs = finder.within(rows, limit, columns)
        touched = torch.from_numpy(np.unique(pairs.row.numpy()))
        square[touched], index[touched] = _merged(square[touched], index[touched], touched, pairs)
        limit = torch.minimum(limit, square[:, -1])
    return square, index


def _merged(square: Tensor, index: Tensor, rows: Tensor, pairs: Pairs) -> tuple[Tensor, Tensor]:
    """The nearest of those known to some rows and of new pairs of these rows, in order."""
    n, count = square.shape
    of = torch.cat([torch.arange(n).repeat_interleave(count), torch.searchsorted(rows, pairs.row)]).numpy()
    far, which = torch.cat([square.flatten(), pairs.square]), torch.cat([index.flatten(), pairs.column])
    order = np.lexsort((which.numpy(), far.numpy(), of))
    first = np.searchsorted(of[order], np.arange(n))
    kept = torch.from_numpy(order[first[:, None] + np.arange(count)])
    return far[kept], which[kept]


def mutual_hits(one: Balls, other: Balls) -> tuple[Hits, Hits]:
    """Points of the other set in this one's balls, and points of this one in the other's."""
    return _hits(one, other.points), _hits(other, one.points)


def _hits(balls: Balls, points: Tensor) -> Hits:
    n, m, ks = len(balls.points), len(points), balls.square.shape[1]
    per_point, ball_of = (torch.zeros(m, ks, dtype=torch.int64) for _ in range(2))
    per_ball, point_of = (torch.zeros(n, ks, dtype=torch.int64) for _ in range(2))
    shells: list[list[Tensor]] = [[] for _ in range(ks - 1)]
    finder, limit = Finder(balls.points, points), balls.square.amax(1)
    for rows in spans(n):
        for columns in spans(m):
            pairs = finder.within(rows, limit[rows], columns)
            ball, point = pairs.row + rows.start, pairs.column
            inside = (pairs.square[:, None] <= balls.square[ball]).long()
            per_point.index_add_(0, point, inside)
            per_ball.index_add_(0, ball, inside)
            ball_of.index_add_(0, point, inside * ball[:, None])
            point_of.index_add_(0, ball, inside * point[:, None])
            for k, shell in enumerate(shells):
                shell.append(torch.stack([ball, point])[:, inside[:, k] < inside[:, k + 1]])
    joined = tuple(torch.cat(shell, dim=1) for shell in shells)
    return Hits(per_point, per_ball, _only(per_point, ball_of, n), _only(per_ball, point_of, m), ball_of, joined)


def _only(count: Tensor, sum_of_indices: Tensor, size: int) -> Tensor:
    """Where the count is one, the sum of indices is the one index; how often each index stands alone."""
    columns = zip(count.T, sum_of_indices.T, strict=True)
    return torch.stack([torch.bincount(who[how_many == 1], minlength=size) for how_many, who in columns], dim=1)
