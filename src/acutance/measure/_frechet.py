"""The Frechet distance of two Gaussians fitted to samples, and how each sample moves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.measure._heavy_tails import equal_images, gaussian_by_chance
from acutance.measure._squared_length import SquaredLength

__all__ = ["Frechet", "frechet", "frechet_value", "trace_of_root"]

_WELL_CONDITIONED: Final = 1e-6

_GRAM_SAFE: Final = 1e-5
"""Singular values above this share of the largest lose at most 1e-11 of it when they are taken from the Gram matrix."""


@dataclass(frozen=True)
class Frechet:
    """A distance, what each image adds to it (of mean zero in either set), and what it is where nothing differs (T14).

    Attributes:
        value: the distance.
        real: (n,) by how much the distance falls where a real image is left out, n times, to second order.
        fake: (m,) the same of the other set.
        base: mean of the distance of two Gaussian samples of one population.
        second: its variance.
        third: its third cumulant.
    """

    value: float
    real: Float[Tensor, " n"]
    fake: Float[Tensor, " m"]
    base: float
    second: float
    third: float

    @property
    def first(self) -> float:
        """Part of the variance that is of order 1 / n; what images add counts the second order twice (T14)."""
        return sum(float(added.var()) / len(added) for added in (self.real, self.fake)) - 2.0 * self.second

    @property
    def images(self) -> float:
        """As how many equal images those count that make the variance."""
        return equal_images(self.real, self.fake)

    @property
    def slope(self) -> float:
        """Of the variance along the directions in which samples of one population differ most (T21)."""
        return self.third / self.second if self.second > 0.0 else 0.0

    @property
    def length(self) -> SquaredLength:
        """The distance as a squared length, with its law (T21)."""
        return SquaredLength(self.value, self.base, self.first, self.second, self.third, self.slope, images=self.images)


@dataclass(frozen=True)
class _Factor:
    """A covariance as L L^T, and the map from coordinates along L back to samples (None: L's columns are samples)."""

    left: Tensor
    whiten: Tensor | None


def frechet(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> Frechet:
    """Squared Frechet distance `|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^1/2)`, covariances with n - 1.

    `tr (S1 S2)^1/2` is the sum of the singular values of `L1^T L2`, where `S = L L^T`: L is the centred data itself
    where there are fewer samples than features, a Cholesky factor otherwise. If `U s V^T` is that singular
    decomposition, then weighing sample i of the first set up moves the trace by half of `(U s U^T)_ii`, its pull, which
    gives the interval at no further matrix step. Leaving it out moves the trace by the square of its pull, too, since
    it has drawn the covariance towards itself (T14).

    Args:
        real: (n, d) features.
        fake: (m, d) features.

    References:
        Dowson and Landau 1982; Heusel et al. 2017; theory E. The influence function is derived in docs/precision.md.
    """
    a, b = real.double(), fake.double()
    mean_a, mean_b = a.mean(0), b.mean(0)
    a, b = a - mean_a, b - mean_b
    factor_a, factor_b = _factor(a), _factor(b)
    u, s, v = _singular(factor_a.left.T @ factor_b.left)
    apart = mean_a - mean_b
    square_a, square_b = a.square().sum(1), b.square().sum(1)
    trace = square_a.sum() / (len(a) - 1) + square_b.sum() / (len(b) - 1)
    value = apart.square().sum() + trace - 2.0 * s.sum()
    there = s[s > _GRAM_SAFE * s.max()] if len(s) else s
    inverse = 1.0 / len(a) + 1.0 / len(b)
    chance = gaussian_by_chance(there, inverse)
    of_covariances = chance[0] / inverse - float(there.sum())
    move_a = 2.0 * (a @ apart) + square_a - _left_out(_pull(a, factor_a, u, s), of_covariances)
    move_b = -2.0 * (b @ apart) + square_b - _left_out(_pull(b, factor_b, v, s), of_covariances)
    parts = move_a - move_a.mean(), move_b - move_b.mean()
    return Frechet(max(0.0, float(value)), *parts, *chance)


def frechet_value(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> float:
    """The distance alone, without what its interval needs; see `frechet`."""
    a, b = real.double(), fake.double()
    mean_a, mean_b = a.mean(0), b.mean(0)
    a, b = a - mean_a, b - mean_b
    trace = a.square().sum() / (len(a) - 1) + b.square().sum() / (len(b) - 1)
    root = trace_of_root(_factor(a, whiten=False).left, _factor(b, whiten=False).left)
    return max(0.0, float((mean_a - mean_b).square().sum() + trace) - 2.0 * root)


def trace_of_root(left_a: Float[Tensor, "d r"], left_b: Float[Tensor, "d s"]) -> float:
    """`tr (S1 S2)^1/2` from factors `S = L L^T`: the matrix step."""
    matrix = left_a.T @ left_b
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    squares = torch.linalg.eigvalsh(tall.T @ tall)
    if _safe(squares):
        return float(squares.sqrt().sum())
    return float(torch.linalg.svdvals(matrix).sum())


def _safe(squares: Tensor) -> bool:
    """Whether the rising eigenvalues of a Gram matrix are exact enough; there are none where a set is constant."""
    return len(squares) > 0 and float(squares[0]) > _GRAM_SAFE**2 * float(squares[-1])


def _singular(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Singular vectors and values: from the smaller Gram matrix, which is 3 times faster, where that is safe."""
    if matrix.shape[0] < matrix.shape[1]:
        v, s, u = _singular(matrix.T)
        return u, s, v
    squares, v = torch.linalg.eigh(matrix.T @ matrix)
    if _safe(squares):
        s = squares.sqrt()
        return matrix @ (v / s), s, v
    u, s, vt = torch.linalg.svd(matrix, full_matrices=False)
    return u, s, vt.T


def _pull(rows: Tensor, factor: _Factor, vectors: Tensor, s: Tensor) -> Tensor:
    """n (U s U^T)_ii: what each sample adds to twice the trace term."""
    n = len(rows)
    along = vectors if factor.whiten is None else rows @ (factor.whiten @ vectors) / (n - 1) ** 0.5
    return n * along.square() @ s


def _left_out(pull: Tensor, by_chance: float) -> Tensor:
    """By how much twice the trace term falls where each sample is left out, n times: its pull, and a share of chance.

    Args:
        pull: (n,) to first order.
        by_chance: n times what errors of this set's covariance add to the distance; it is the mean of the second order,
            which goes with the square of the pull (T14; exactly so where all variances are equal).
    """
    square = pull.square()
    scale = float(square.sum())
    return pull + (by_chance / scale) * square if scale > 0.0 else pull


def _factor(rows: Tensor, *, whiten: bool = True) -> _Factor:
    n, d = rows.shape
    if n <= d:
        return _Factor(rows.T / (n - 1) ** 0.5, None)
    covariance = rows.T @ rows / (n - 1)
    left, failed = torch.linalg.cholesky_ex(covariance)
    diagonal = left.diagonal()
    if int(failed) == 0 and float(diagonal.min()) > _WELL_CONDITIONED * float(diagonal.max()):
        if not whiten:
            return _Factor(left, None)
        eye = torch.eye(d, dtype=rows.dtype)
        return _Factor(left, torch.linalg.solve_triangular(left, eye, upper=False).T)
    values, vectors = torch.linalg.eigh(covariance)
    keep = values > 1e-14 * values[-1].clamp(min=1e-300)
    root = values[keep].sqrt()
    return _Factor(vectors[:, keep] * root, vectors[:, keep] / root)
