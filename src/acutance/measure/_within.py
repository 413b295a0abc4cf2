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
from torch import Tensor

from acutance.measure._blocks import BLOCK, spans

__all__ = ["Finder", "Pairs", "precisions", "squares"]

_CHUNK: Final = 128
"""Pairs that are measured at once: their rows stay in the processor's nearest memory."""

_CROWDED: Final = 1 / 32
"""Share of candidates in a block from which on the next precision is cheaper than measuring them."""

_UNIT: Final = {torch.bfloat16: 2.0**-24, torch.float32: 2.0**-24, torch.float64: 2.0**-53}
"""Rounding unit of the sums of a product, which for bfloat16 factors are float32."""

_WORD: Final = {torch.bfloat16: torch.int16, torch.float32: torch.int32, torch.float64: torch.int64}
"""Integers of the same size, whose sign is quicker to ask for."""

_PIECES: Final = 3


def precisions() -> tuple[torch.dtype, ...]:
    """What products are made in, the first that tells enough pairs apart; bfloat16 where the processor has units."""
    native = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return (torch.bfloat16, torch.float32, torch.float64) if native else (torch.float32, torch.float64)


@dataclass(frozen=True)
class Pairs:
    """Pairs within the row's limit: place in the strip of rows, column, exact squared distance; by row, then column."""

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


@final
class Finder:
    """Finds pairs within limits between the rows of one set and the columns of another, block by block.

    Args:
        rows: (n, d) points that have limits.
        columns: (m, d) points that are looked for near them; None: the rows themselves, each without itself.
        levels: precisions of the products, coarse to fine, the last float64; those of this processor by default.
    """

    def __init__(self, rows: Tensor, columns: Tensor | None, levels: tuple[torch.dtype, ...] | None = None) -> None:
        self.rows = rows.double()
        self.columns = self.rows if columns is None else columns.double()
        self.own = columns is None
        self._levels = list(precisions() if levels is None else levels)
        self._centre = self.columns.mean(0)
        self._scale = (
            max(self._reach(points) for points in ((self.rows,) if self.own else (self.rows, self.columns))) or 1.0
        )
        self._prepare()

    def within(self, rows: slice, limit: Float[Tensor, " rows"], columns: slice) -> Pairs:
        """All pairs of a block whose squared distance is at most the row's limit.

        Args:
            rows: which rows, at most `BLOCK`.
            limit: their squared limits.
            columns: which columns, at most `BLOCK`.
        """
        places = self._candidates(rows, limit, columns)
        while len(places) > _CROWDED * BLOCK * BLOCK and len(self._levels) > 1:
            self._levels.pop(0)
            self._prepare()
            places = self._candidates(rows, limit, columns)
        row, column = (torch.from_numpy(part) for part in np.divmod(places, columns.stop - columns.start))
        if self.own:
            other = row + rows.start != column + columns.start
            row, column = row[other], column[other]
        square = squares(self.rows[rows], row, self.columns[columns], column)
        inside = square <= limit[row]
        return Pairs(row[inside], column[inside] + columns.start, square[inside])

    def limit(self, rows: slice, columns: slice, count: int) -> Float[Tensor, " rows"]:
        """For each row a squared distance within which `count` of these columns are; infinite where there are fewer."""
        if columns.stop - columns.start - self.own < count:
            return self.rows.new_full((rows.stop - rows.start,), torch.inf)
        left, right = (self._rounded(part, torch.float32) for part in (self.rows[rows], self.columns[columns]))
        apart = torch.addmm(right.half.float()[None, :], left.points, right.points.T, alpha=-1.0)
        if self.own:
            apart.diagonal(rows.start - columns.start).fill_(torch.inf)
        far = apart.topk(count, dim=1, largest=False).values[:, -1].double()
        return 2.0 * self._scale**2 * (far + left.half + self._slack(left, far))

    def _reach(self, points: Tensor) -> float:
        lengths = (torch.linalg.vector_norm(points[part] - self._centre, dim=1) for part in spans(len(points)))
        return max(float(length.max()) for length in lengths)

    def _prepare(self) -> None:
        """The columns as right factors, at the present precision."""
        parts = [self._rounded(self.columns[part], self._levels[0]) for part in spans(len(self.columns))]
        self._right = torch.cat([_beside(part.points, ones=1, number=-part.half) for part in parts])
        self._longest = max(float(part.length.max()) for part in parts)
        self._most_lost = max(float(part.lost.max()) for part in parts)
        self._strip: tuple[slice, _Rounded] | None = None

    def _rounded(self, points: Tensor, dtype: torch.dtype) -> _Rounded:
        centred = (points - self._centre) / self._scale
        rounded = centred.to(dtype)
        square = torch.linalg.vecdot(centred, centred)
        lost = torch.linalg.vector_norm(centred - rounded, dim=1)
        return _Rounded(rounded, square / 2.0, square.sqrt(), lost)

    def _candidates(self, rows: slice, limit: Tensor, columns: slice) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Places, row by row, whose product is not negative: `a . b - |b|^2 / 2 + (limit - |a|^2) / 2 >= 0`."""
        if self._strip is None or self._strip[0] != rows:
            self._strip = rows, self._rounded(self.rows[rows], self._levels[0])
        strip = self._strip[1]
        room = torch.minimum(limit / self._scale**2, (strip.length + self._longest).square() * 1.01) / 2.0 - strip.half
        left = _beside(strip.points, number=room + self._slack(strip, room), ones=0)
        product = left @ self._right[columns].T
        return np.flatnonzero(product.view(_WORD[product.dtype]).numpy() >= 0)

    def _slack(self, strip: _Rounded, room: Tensor) -> Tensor:
        """The most that rounding the factors, and summing their products, can take away from each row (T13)."""
        length, longest = strip.length + strip.lost, self._longest + self._most_lost
        rounding = strip.lost * longest + length * self._most_lost  # at a finer precision less is lost: still a bound
        terms = length * longest + longest**2 + room.abs()
        summing = 2.0 * (strip.points.shape[1] + 2 * _PIECES) * _UNIT[strip.points.dtype] * terms
        return rounding + summing


def _beside(points: Tensor, *, number: Tensor, ones: Literal[0, 1]) -> Tensor:
    """Points, then a number in pieces that add up to it at place 1 - `ones`, and ones for the other's at `ones`."""
    pieces = []
    for _ in range(_PIECES):
        pieces.append(number.to(points.dtype))
        number = number - pieces[-1].double()
    beside = [torch.stack(pieces, dim=1), points.new_ones(len(points), _PIECES)]
    return torch.cat([points, beside[1 - ones], beside[ones]], dim=1)


def squares(a: Tensor, i: Tensor, b: Tensor, j: Tensor) -> Float[Tensor, " pairs"]:
    """Squared distances of pairs (a[i], b[j]) of float64 points."""
    found = torch.empty(len(i), dtype=torch.float64)
    for part in spans(len(i), _CHUNK):
        apart = a.index_select(0, i[part]).sub_(b.index_select(0, j[part]))
        found[part] = torch.linalg.vecdot(apart, apart)
    return found
