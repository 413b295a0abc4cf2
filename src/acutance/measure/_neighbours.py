"""Nearest-neighbour balls around two sets, and which points of each fall into the balls of the other, block by block.

No n x n matrix is held, and every count is that of float64 distances (see `_within`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

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
    """Squared distances of the `count` nearest of the other set to each point, in order, and which; ties by index."""
    n, m = len(finder.sets[0]), len(finder.sets[-1])
    square, index = torch.full((n, count), torch.inf, dtype=torch.float64), torch.zeros(n, count, dtype=torch.int64)
    limit = torch.cat([finder.limit(rows, slice(0, min(BLOCK, m)), count) for rows in spans(n)])
    for rows, columns in _blocks(n, m, own=len(finder.sets) == 1):
        pairs = finder.within(rows, limit[rows], columns)
        touched = torch.from_numpy(np.unique(pairs.row.numpy()))
        at = touched + rows.start
        square[at], index[at] = _merged(square[at], index[at], touched, pairs)
        limit[at] = torch.minimum(limit[at], square[at, -1])
    return square, index


def _blocks(n: int, m: int, *, own: bool) -> Iterator[tuple[slice, slice]]:
    """All blocks; of one set each beside its mirror image, which has the same products."""
    for rows in spans(n):
        for columns in spans(m):
            if not own or columns.start >= rows.start:
                yield rows, columns
            if own and columns.start > rows.start:
                yield columns, rows


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
    """Points of the other set in this one's balls, and points of this one in the other's, from the same products."""
    finder = Finder(one.points, other.points)
    first, second = _Counter(one, len(other.points)), _Counter(other, len(one.points))
    for rows in spans(len(one.points)):
        for columns in spans(len(other.points)):
            first.add(rows, finder.within(rows, first.limit[rows], columns))
            second.add(columns, finder.within(columns, second.limit[columns], rows, of=1))
    return first.hits(), second.hits()


@final
class _Counter:
    """Adds up the hits of one set's balls."""

    def __init__(self, balls: Balls, points: int) -> None:
        n, ks = balls.square.shape
        self.square, self.limit = balls.square, balls.square.amax(1)
        self.per_point, self.ball_of = (torch.zeros(points, ks, dtype=torch.int64) for _ in range(2))
        self.per_ball, self.point_of = (torch.zeros(n, ks, dtype=torch.int64) for _ in range(2))
        self.shells: list[list[Tensor]] = [[] for _ in range(ks - 1)]

    def add(self, rows: slice, pairs: Pairs) -> None:
        """Pairs of balls and points within the balls' largest radii."""
        ball, point = pairs.row + rows.start, pairs.column
        inside = (pairs.square[:, None] <= self.square[ball]).long()
        self.per_point.index_add_(0, point, inside)
        self.per_ball.index_add_(0, ball, inside)
        self.ball_of.index_add_(0, point, inside * ball[:, None])
        self.point_of.index_add_(0, ball, inside * point[:, None])
        for k, shell in enumerate(self.shells):
            shell.append(torch.stack([ball, point])[:, inside[:, k] < inside[:, k + 1]])

    def hits(self) -> Hits:
        """What was counted."""
        return Hits(
            per_point=self.per_point,
            per_ball=self.per_ball,
            only_ball=_only(self.per_point, self.ball_of, len(self.per_ball)),
            only_point=_only(self.per_ball, self.point_of, len(self.per_point)),
            holder=self.ball_of,
            shells=tuple(torch.cat(shell, dim=1) for shell in self.shells),
        )


def _only(count: Tensor, sum_of_indices: Tensor, size: int) -> Tensor:
    """Where the count is one, the sum of indices is the one index; how often each index stands alone."""
    columns = zip(count.T, sum_of_indices.T, strict=True)
    return torch.stack([torch.bincount(who[how_many == 1], minlength=size) for how_many, who in columns], dim=1)
