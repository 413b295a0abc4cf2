"""The energy score against closed forms: what it is least for, and its gradient."""

from __future__ import annotations

import math

import pytest
import torch

from acutance.errors import InputError
from acutance.objectives.energy import distance, energy_score
from acutance.rng import rng_for


def pictures(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=rng_for(seed), dtype=torch.float64)


def test_it_is_distances_to_the_image_less_half_those_between_draws() -> None:
    images, draws = pictures(3, 1, 2, 2), pictures(3, 3, 1, 2, 2, seed=1)

    def apart(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return (a - b).flatten(1).norm(dim=1) / 2  # of 4 values: a root mean square

    to_images = (apart(images, draws[0]) + apart(images, draws[1]) + apart(images, draws[2])) / 3
    between = (apart(draws[0], draws[1]) + apart(draws[0], draws[2]) + apart(draws[1], draws[2])) / 3
    torch.testing.assert_close(energy_score(images, draws), to_images - between / 2)


def test_of_one_value_it_is_the_ranked_probability_score_of_a_gaussian() -> None:
    """CRPS of N(0, 1) at x: x (2 Phi(x) - 1) + 2 phi(x) - 1 / sqrt(pi)."""
    n = 200_000
    for x in (0.0, 1.5):
        images = torch.full((n, 1, 1, 1), x, dtype=torch.float64)
        found = energy_score(images, pictures(2, n, 1, 1, 1)).mean().item()
        phi = math.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        exact = x * math.erf(x / math.sqrt(2)) + 2 * phi - 1 / math.sqrt(math.pi)
        assert found == pytest.approx(exact, abs=0.01)


@pytest.mark.parametrize("patch", [0, 2])
def test_it_is_least_where_draws_are_distributed_as_images_are(patch: int) -> None:
    """Not for the mean, which the squared error is least for, nor for more noise than there is."""
    images, draws = pictures(20_000, 1, 4, 4), pictures(2, 20_000, 1, 4, 4, seed=1)
    score = {width: energy_score(images, width * draws, patch).mean().item() for width in (0.0, 0.7, 1.0, 1.4)}
    assert min(score, key=score.__getitem__) == 1.0
    assert score[0.0] > score[0.7]


def test_patches_are_judged_one_by_one() -> None:
    a, b = torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    b[..., :2, :2] = 1.0
    assert distance(a, b).item() == pytest.approx(0.5)
    shares = [4, 2, 0, 2, 1, 0, 0, 0, 0]  # of the nine patches of 2 px, half a patch apart
    assert distance(a, b, 2).item() == pytest.approx(sum(math.sqrt(share / 4) for share in shares) / 9, abs=1e-5)


def test_its_gradient_is_that_of_finite_differences() -> None:
    images, draws = pictures(2, 1, 4, 4), pictures(2, 2, 1, 4, 4, seed=1).requires_grad_()
    for patch in (0, 2):
        assert torch.autograd.gradcheck(lambda r, patch=patch: energy_score(images, r, patch), draws)


def test_two_equal_draws_have_a_finite_gradient() -> None:
    draws = torch.zeros(2, 1, 1, 4, 4, requires_grad=True)
    energy_score(torch.zeros(1, 1, 4, 4), draws).sum().backward()
    assert draws.grad is not None
    assert draws.grad.isfinite().all()


def test_one_draw_is_too_few() -> None:
    with pytest.raises(InputError, match="at least two draws of each code, got 1"):
        energy_score(pictures(1, 1, 4, 4), pictures(1, 1, 1, 4, 4))
