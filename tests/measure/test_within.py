"""Neighbours by rounded products: the answer is that of float64, whatever the products are made in."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from acutance.measure._neighbours import balls_around, nearest
from acutance.measure._within import Finder, squares

LEVELS = {
    "bfloat16": (torch.bfloat16, torch.float32, torch.float64),
    "float32": (torch.float32, torch.float64),
    "float64": (torch.float64,),
}


def normal(n: int, d: int, seed: int) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def grid() -> Tensor:
    axis = torch.arange(12, dtype=torch.float64)
    return torch.cartesian_prod(axis, axis) + 1000.0


CLOUDS = {
    "normal": normal(300, 40, 0),
    "far from the origin": normal(300, 3, 1) * 1e-3 + 1e3,
    "clusters far apart": 1e3 * normal(6, 8, 2).repeat(40, 1) + 1e-4 * normal(240, 8, 3),
    "ties": grid(),
    "copies": normal(12, 5, 4).repeat(10, 1),
    "constant": torch.full((40, 4), 0.3, dtype=torch.float64),
    "tiny": 1e-25 * normal(200, 6, 5),
    "huge": 1e25 * normal(200, 6, 6),
    "one feature": normal(200, 1, 7),
}


def apart(a: Tensor, b: Tensor) -> Tensor:
    """All squared distances, one by one."""
    i, j = torch.cartesian_prod(torch.arange(len(a)), torch.arange(len(b))).T
    return squares(a, i, b, j).reshape(len(a), len(b))


@pytest.mark.parametrize("levels", LEVELS.values(), ids=LEVELS)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_pair_within_its_limit_is_found_and_no_other(cloud: str, levels: tuple[torch.dtype, ...]) -> None:
    rows = CLOUDS[cloud]
    columns = rows.roll(1, 0)[: len(rows) - 7] * (1 + 1e-9)
    exact = apart(rows, columns)
    assert torch.allclose(exact, (rows[:, None] - columns).square().sum(-1), rtol=1e-12, atol=0)
    for share in (0.0, 0.02, 0.3, 1.0):  # limits that are distances: the border itself is inside
        limit = exact.sort(dim=1).values[:, int(share * (len(columns) - 1))]
        finder = Finder(rows, columns, levels)
        found = finder.within(slice(0, len(rows)), limit, slice(0, len(columns)))
        across = finder.within(slice(0, len(columns)), exact.amin(0) * 4, slice(0, len(rows)), of=1)
        assert torch.equal(exact.T[across.row, across.column], across.square)
        assert len(across.square) == int((exact <= exact.amin(0) * 4).sum())
        inside = torch.zeros_like(exact, dtype=torch.bool)
        inside[found.row, found.column] = True
        assert torch.equal(inside, exact <= limit[:, None])
        assert torch.equal(found.square, exact[found.row, found.column])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_nearest_neighbours_are_those_of_all_distances(cloud: str) -> None:
    points = CLOUDS[cloud]
    balls = balls_around(points, (1, 4))
    exact = apart(points, points).fill_diagonal_(math.inf).sort(dim=1).values
    scale = max(float(exact[:, 3].max()), 1e-300)
    assert torch.allclose(balls.square / scale, exact[:, [0, 3]] / scale, rtol=1e-12, atol=0)
    assert bool((balls.nearest != torch.arange(len(points))[:, None]).all()), "nobody is its own neighbour"
    square, which = (found[:, 0] for found in nearest(points[:50] * 1.01, points))
    whole = apart(points[:50] * 1.01, points)
    assert torch.allclose(square / scale, whole.amin(1) / scale, rtol=1e-12, atol=0)
    assert torch.allclose(whole.gather(1, which[:, None])[:, 0] / scale, square / scale, rtol=1e-12, atol=0)


def test_neighbours_beyond_the_first_block_are_found() -> None:
    points = normal(2500, 4, 8)
    exact = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(math.inf)
    nearest_exact, which = exact.sort(dim=1)
    balls = balls_around(points, (1, 3))
    assert torch.equal(balls.nearest, which[:, :3])
    assert torch.allclose(balls.square.sqrt(), nearest_exact[:, [0, 2]], rtol=1e-12)


def test_fewer_points_than_neighbours_have_infinite_balls() -> None:
    assert balls_around(normal(3, 2, 9), (2, 3)).square[:, 1].tolist() == [math.inf] * 3
