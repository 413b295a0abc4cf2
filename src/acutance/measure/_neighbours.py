"""Nearest-neighbour balls around two sets, and which points of each fall into the balls of the other, block by block.

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

__all__ = ["Balls", "Hits", "balls_around", "mutual_hits", "nearest"]

_SPARE: Final = 3
"""Candidates kept beyond the k nearest, so that float32 ties cannot push the true k-th out."""

_CHUNK: Final = 16384
_ROUNDING: Final = 2e-6


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
    """

    per_point: Int[Tensor, "m ks"]
    per_ball: Int[Tensor, "n ks"]
    only_ball: Int[Tensor, "n ks"]
    only_point: Int[Tensor, "m ks"]


class _Counter:
    """Adds up hits of one set's balls, pair by pair."""

    def __init__(self, balls: Balls, points: Tensor, slack: float) -> None:
        n, m, ks = len(balls.points), len(points), balls.square.shape[1]
        self.balls, self.points, self.slack = balls, points, slack
        self.limit = (balls.square.max(1).values + slack).float()
        self.per_point, self.ball_of = (torch.zeros(m, ks, dtype=torch.int64) for _ in range(2))
        self.per_ball, self.point_of = (torch.zeros(n, ks, dtype=torch.int64) for _ in range(2))

    def count(self, ball: Tensor, point: Tensor, square: Tensor) -> None:
        """Candidate pairs with their float32 squared distances."""
        for k in range(self.balls.square.shape[1]):
            inside = self._inside(k, ball, point, square)
            balls, points = ball[inside], point[inside]
            self.per_point[:, k].index_add_(0, points, torch.ones_like(points))
            self.per_ball[:, k].index_add_(0, balls, torch.ones_like(balls))
            self.ball_of[:, k].index_add_(0, points, balls)
            self.point_of[:, k].index_add_(0, balls, points)

    def _inside(self, k: int, ball: Tensor, point: Tensor, square: Tensor) -> Bool[Tensor, " pairs"]:
        """Which candidates are inside; those within rounding of the border are measured again."""
        border = self.balls.square[ball, k]
        inside = square.double() <= border
        unsure = ((square.double() - border).abs() <= self.slack).nonzero().flatten()
        exact = _exact(self.balls.points, ball[unsure], self.points, point[unsure])
        inside[unsure] = exact <= border[unsure]
        return inside

    def hits(self) -> Hits:
        only_ball = _only(self.per_point, self.ball_of, len(self.per_ball))
        return Hits(self.per_point, self.per_ball, only_ball, _only(self.per_ball, self.point_of, len(self.per_point)))


def _only(count: Tensor, sum_of_indices: Tensor, size: int) -> Tensor:
    """Where the count is one, the sum of indices is the one index; how often each index stands alone."""
    columns = zip(count.T, sum_of_indices.T, strict=True)
    return torch.stack([torch.bincount(who[how_many == 1], minlength=size) for how_many, who in columns], dim=1)


def _squares(a: Tensor, b: Tensor, a2: Tensor, b2: Tensor) -> Tensor:
    """Squared distances of all rows of a to all rows of b."""
    return torch.addmm(b2[None, :], a, b.T, alpha=-2.0).add_(a2[:, None])


def _exact(a: Tensor, i: Tensor, b: Tensor, j: Tensor) -> Tensor:
    """Squared distances of pairs (a[i], b[j]) in float64."""
    found = torch.empty(len(i), dtype=torch.float64)
    for part in spans(len(i), _CHUNK):
        found[part] = (a[i[part]].double() - b[j[part]].double()).square().sum(1)
    return found


def _slack(features: int, *lengths: Tensor) -> float:
    """How far a float32 squared distance may be off."""
    scale = sum(float(squares.max()) for squares in lengths if len(squares))
    return float(_ROUNDING * scale * max(1.0, features**0.5 / 16))


def balls_around(points: Float[Tensor, "n d"], ks: tuple[int, ...]) -> Balls:
    """Squared distance of each point to its k-th nearest neighbour, itself left out, for each k.

    Args:
        points: (n, d) features.
        ks: neighbour numbers.
    """
    n, wide = len(points), max(ks) + _SPARE
    centred = (points.double() - points.double().mean(0)).float()
    lengths = centred.square().sum(1)
    best, index = torch.full((n, wide), torch.inf), torch.zeros(n, wide, dtype=torch.int64)
    for i in spans(n):
        for j in spans(n):
            if j.start < i.start:
                continue
            block = _squares(centred[i], centred[j], lengths[i], lengths[j])
            if i == j:
                block.fill_diagonal_(torch.inf)
            else:
                _keep_nearest(best, index, j, block.T.contiguous(), i)
            _keep_nearest(best, index, i, block, j)
    known = torch.isfinite(best)
    rows = torch.arange(n)[:, None].expand(n, wide)
    exact = torch.full((n, wide), torch.inf, dtype=torch.float64)
    exact[known] = _exact(points, rows[known], points, index[known])
    exact, order = exact.sort(dim=1)
    return Balls(points, exact[:, [k - 1 for k in ks]], index.gather(1, order)[:, : max(ks)])


def _keep_nearest(best: Tensor, index: Tensor, rows: slice, block: Tensor, columns: slice) -> None:
    """Merge a block's nearest columns into the running nearest of its rows."""
    count = min(best.shape[1], block.shape[1])
    value, place = block.topk(count, dim=1, largest=False, sorted=False)
    value = torch.cat([best[rows], value], dim=1)
    place = torch.cat([index[rows], place + columns.start], dim=1)
    best[rows], chosen = value.topk(best.shape[1], dim=1, largest=False, sorted=False)
    index[rows] = place.gather(1, chosen)


def mutual_hits(one: Balls, other: Balls) -> tuple[Hits, Hits]:
    """Points of the other set in this one's balls, and points of this one in the other's, in one pass."""
    a, b, slack = _prepare(one.points, other.points)
    a2, b2 = a.square().sum(1), b.square().sum(1)
    first, second = _Counter(one, other.points, slack), _Counter(other, one.points, slack)
    for i in spans(len(a)):
        for j in spans(len(b)):
            block = _squares(a[i], b[j], a2[i], b2[j])
            _count(first, block, first.limit[i, None], i, j)
            _count(second, block.T, second.limit[j, None], j, i)
    return first.hits(), second.hits()


def _prepare(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor, float]:
    """Both sets in float32 about one centre, and how far their squared distances may be off."""
    centre = one.double().mean(0)
    a, b = ((points.double() - centre).float() for points in (one, other))
    return a, b, _slack(a.shape[1], a.square().sum(1), b.square().sum(1))


def _count(counter: _Counter, block: Tensor, limit: Tensor, rows: slice, columns: slice) -> None:
    ball, point = (block <= limit).nonzero(as_tuple=True)
    counter.count(ball + rows.start, point + columns.start, block[ball, point])


def nearest(points: Float[Tensor, "m d"], among: Float[Tensor, "n d"]) -> tuple[Float[Tensor, " m"], Int[Tensor, " m"]]:
    """Squared distance of each point to the nearest of another set, exact, and which one that is."""
    a, b, _ = _prepare(points, among)
    a2, b2 = a.square().sum(1), b.square().sum(1)
    wide = min(_SPARE, len(b))
    best, index = torch.full((len(a), wide), torch.inf), torch.zeros(len(a), wide, dtype=torch.int64)
    for i in spans(len(a)):
        for j in spans(len(b)):
            _keep_nearest(best, index, i, _squares(a[i], b[j], a2[i], b2[j]), j)
    rows = torch.arange(len(a))[:, None].expand_as(index).flatten()
    exact = _exact(points, rows, among, index.flatten()).reshape(index.shape)
    square, place = exact.min(1)
    return square, index.gather(1, place[:, None])[:, 0]
