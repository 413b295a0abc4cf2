"""All pairs of points of two sets that are nearer than a limit: found by fast rounded products, decided in float64.

A product of rounded points gives each squared distance up to an error that is bounded beforehand (T13). Whatever could
be within its limit is a candidate; candidates alone are measured exactly, so the answer is that of float64 throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, final

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from acutance.measure._blocks import BLOCK, spans

__all__ = ["Finder", "Pairs", "precisions", "squares"]

_CHUNK: Final = 128
"""Pairs that are measured at once: their rows stay in the processor's nearest memory."""

_CROWDED: Final = 1 / 32
"""Share of candidates in a block from which on the next precision is cheaper than measuring them."""

_UNIT: Final = {torch.bfloat16: 2.0**-24, torch.float32: 2.0**-24, torch.float64: 2.0**-53}
"""Rounding unit of the sums of a product, which for bfloat16 factors are float32."""

_PIECES: Final = 3


def precisions() -> tuple[torch.dtype, ...]:
    """What products are made in, the first that tells enough pairs apart; bfloat16 where the processor has units."""
    native = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return (torch.bfloat16, torch.float32, torch.float64) if native else (torch.float32, torch.float64)


@dataclass(frozen=True)
class Pairs:
    """Pairs within the row's limit: place in the strip of rows, column, exact squared distance."""

    row: Int[Tensor, " pairs"]
    column: Int[Tensor, " pairs"]
    square: Float[Tensor, " pairs"]


@dataclass(frozen=True)
class _Rounded:
    """Points about a centre, rounded; half their squared length, their length, the length of what was rounded off."""

    points: Tensor
    half: Tensor
    length: Tensor
    lost: Tensor

    def at(self, part: slice) -> _Rounded:
        """Some of them."""
        return _Rounded(self.points[part], self.half[part], self.length[part], self.lost[part])


@final
class Finder:
    """Finds pairs within limits between a set and another, block by block.

    Args:
        one: (n, d) points.
        other: (m, d) points; None: the same ones, each without itself.
        levels: precisions of the products, coarse to fine, the last float64; those of this processor by default.
    """

    def __init__(self, one: Tensor, other: Tensor | None, levels: tuple[torch.dtype, ...] | None = None) -> None:
        self.sets: tuple[Tensor, ...] = (one,) if other is None else (one, other)
        self._levels = list(precisions() if levels is None else levels)
        last = self.sets[-1]
        self._centre = torch.stack([last[part].sum(0, dtype=torch.float64) for part in spans(len(last))]).sum(0) / len(
            last
        )
        lengths = (torch.linalg.vector_norm(p[part] - self._centre, dim=1) for p in self.sets for part in spans(len(p)))
        self._scale = max(float(length.max()) for length in lengths) or 1.0
        self._prepare()

    def within(self, rows: slice, limit: Float[Tensor, " rows"], columns: slice, *, of: Literal[0, 1] = 0) -> Pairs:
        """All pairs of a block whose squared distance is at most the row's limit.

        A block is multiplied once where the pair of sides is asked for the other way round directly after.

        Args:
            rows: which rows, at most `BLOCK`.
            limit: their squared limits.
            columns: which columns, at most `BLOCK`.
            of: the set that the rows are of; the columns are of the other one.
        """
        row, column = self._candidates(rows, limit, columns, of)
        while len(row) > _CROWDED * BLOCK * BLOCK and len(self._levels) > 1:
            self._levels.pop(0)
            self._prepare()
            row, column = self._candidates(rows, limit, columns, of)
        if self._own:
            other = row + rows.start != column + columns.start
            row, column = row[other], column[other]
        square = squares(self.sets[of][rows], row, self.sets[self._beyond(of)][columns], column)
        inside = square <= limit[row]
        return Pairs(row[inside], column[inside] + columns.start, square[inside])

    def limit(self, rows: slice, columns: slice, count: int) -> Float[Tensor, " rows"]:
        """For each row a squared distance within which `count` of these columns are; infinite where there are fewer."""
        if columns.stop - columns.start - self._own < count:
            return torch.full((rows.stop - rows.start,), torch.inf, dtype=torch.float64)
        left, right = (self._rounded(part, torch.float32) for part in (self.sets[0][rows], self.sets[-1][columns]))
        apart = torch.addmm(right.half.float()[None, :], left.points, right.points.T, alpha=-1.0)
        if self._own:
            apart.diagonal(rows.start - columns.start).fill_(torch.inf)
        far = apart.topk(count, dim=1, largest=False).values[:, -1].double()
        return 2.0 * self._scale**2 * (far + left.half + _slack(left, right, far))

    @property
    def _own(self) -> bool:
        return len(self.sets) == 1

    def _beyond(self, of: int) -> int:
        return 0 if self._own else 1 - of

    def _prepare(self) -> None:
        """All points at the present precision; for bfloat16 with their lengths in the factors."""
        dtype = self._levels[0]
        self._factors, self._sides = zip(*(self._factor(points, dtype) for points in self.sets), strict=True)
        self._last: tuple[tuple[int, slice, int, slice], Tensor] | None = None

    def _factor(self, points: Tensor, dtype: torch.dtype) -> tuple[Tensor, _Rounded]:
        """All points of a set, and what belongs beside them in a product; written where they stay, a part at a time."""
        beside = 2 * _PIECES if dtype == torch.bfloat16 else 0
        n, d = points.shape
        factor, numbers = torch.empty(n, d + beside, dtype=dtype), torch.empty(3, n, dtype=torch.float64)
        for part in spans(n):
            rounded = self._rounded(points[part], dtype)
            factor[part] = _beside(rounded.points, ones=1, number=-rounded.half) if beside else rounded.points
            numbers[:, part] = torch.stack([rounded.half, rounded.length, rounded.lost])
        return factor, _Rounded(factor[:, :d], *numbers)

    def _rounded(self, points: Tensor, dtype: torch.dtype) -> _Rounded:
        centred = (points - self._centre) / self._scale
        rounded = centred.to(dtype)
        square = torch.linalg.vecdot(centred, centred)
        lost = torch.linalg.vector_norm(centred - rounded, dim=1)
        return _Rounded(rounded, square / 2.0, square.sqrt(), lost)

    def _candidates(self, rows: slice, limit: Tensor, columns: slice, of: int) -> tuple[Tensor, Tensor]:
        """Places where `a . b - |b|^2 / 2 + (limit - |a|^2) / 2 >= 0`, as far as rounding can tell."""
        beyond = self._beyond(of)
        left, right = self._sides[of].at(rows), self._sides[beyond].at(columns)
        room = (
            torch.minimum(limit / self._scale**2, (left.length + right.length.max()).square() * 1.01) / 2.0 - left.half
        )
        room = room + _slack(left, right, room)
        if left.points.dtype == torch.bfloat16:
            factor = _beside(left.points, number=room, ones=0)
            product = factor @ self._factors[beyond][columns].T
            return _places(product.view(torch.int16).numpy() >= 0)  # the sign alone, and NumPy is quicker at it
        asked = (of, rows, beyond, columns)
        if self._last is not None and self._last[0] == (beyond, columns, of, rows):
            column, row = _places((self._last[1] >= _apart(right.half, room, left.points.dtype)).numpy())
            return row, column
        self._last = asked, left.points @ right.points.T
        return _places((self._last[1] >= _apart(-room, -right.half, left.points.dtype)).numpy())


def _apart(down: Tensor, across: Tensor, dtype: torch.dtype) -> Tensor:
    """All differences of two lists of numbers."""
    return down.to(dtype)[:, None] - across.to(dtype)


def _places(mask: NDArray[np.bool_]) -> tuple[Tensor, Tensor]:
    """Row and column of what is true; NumPy finds the few in a large block sooner."""
    row, column = np.divmod(np.flatnonzero(mask), max(1, mask.shape[1]))
    return torch.from_numpy(row), torch.from_numpy(column)


def _slack(left: _Rounded, right: _Rounded, room: Tensor) -> Tensor:
    """The most that rounding the factors, and summing their products, can take away from each row (T13)."""
    longest, most_lost = float(right.length.max()), float(right.lost.max())
    length = left.length + left.lost
    rounding = left.lost * (longest + most_lost) + length * most_lost
    terms = length * (longest + most_lost) + longest**2 + room.abs()
    return rounding + 2.0 * (left.points.shape[1] + 2 * _PIECES) * _UNIT[left.points.dtype] * terms


def _beside(points: Tensor, *, number: Tensor, ones: Literal[0, 1]) -> Tensor:
    """Points, then a number in pieces that add up to it at place 1 - `ones`, and ones for the other's at `ones`."""
    pieces = []
    for _ in range(_PIECES):
        pieces.append(number.to(points.dtype))
        number = number - pieces[-1].double()
    beside = [torch.stack(pieces, dim=1), points.new_ones(len(points), _PIECES)]
    return torch.cat([points, beside[1 - ones], beside[ones]], dim=1)


def squares(a: Tensor, i: Tensor, b: Tensor, j: Tensor) -> Float[Tensor, " pairs"]:
    """Squared distances of pairs (a[i], b[j]) in float64; the points are converted few at a time."""
    found = torch.empty(len(i), dtype=torch.float64)
    for part in spans(len(i), _CHUNK):
        apart = a.index_select(0, i[part]).double() - b.index_select(0, j[part])
        found[part] = torch.linalg.vecdot(apart, apart)
    return found
