"""The diversity term: what it measures is noise use (T11), and it asks for no more than there is to use."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from acutance.measure import noise_use
from acutance.objectives.diversity import LEAST_MSE, error_of_the_mean, lacking_diversity, output_diversity
from acutance.rng import rng_for


def lacking(first: Tensor, second: Tensor, mse: Tensor) -> Tensor:
    return lacking_diversity(output_diversity(first, second, mse))


def test_a_posterior_sampler_lacks_nothing_and_a_point_everything() -> None:
    first, second = (0.1 * torch.randn(4000, 1, 4, 4, generator=rng_for(seed)) for seed in (0, 1))
    spread = torch.tensor(0.01)
    assert output_diversity(first, second, spread).item() == pytest.approx(1.0, abs=0.02)
    assert lacking(first, second, spread).item() == pytest.approx(0.0, abs=0.02)
    assert lacking(first, first, spread).item() == pytest.approx(1.0, abs=1e-3)
    assert lacking(2 * first, 2 * second, spread).item() == 0.0
    assert lacking(first / 2, second / 2, spread).item() == pytest.approx(0.5, abs=0.02)


def test_it_is_what_the_measure_of_noise_use_says() -> None:
    """With D* the error of the mean that the draws are around."""
    mean = torch.rand(500, 1, 16, 16, generator=rng_for(0)) * 0.4 + 0.3
    rest = 0.05 * torch.randn(mean.shape, generator=rng_for(1))
    draws = [mean + 0.03 * torch.randn(mean.shape, generator=rng_for(seed)) for seed in (2, 3)]
    rho = output_diversity(draws[0], draws[1], rest.square().mean()).item()
    assert rho == pytest.approx(noise_use(mean + rest, draws).reading("noise_use").value, rel=0.05)


def test_its_gradient_is_that_of_finite_differences_also_where_nothing_differs() -> None:
    first, second = (torch.randn(2, 1, 3, 3, generator=rng_for(s), dtype=torch.float64) for s in (0, 1))
    first.requires_grad_()
    mse = torch.tensor(10.0, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda r: lacking(r, second, mse), first)
    (still,) = torch.autograd.grad(lacking(first, first.detach(), mse), first)
    assert still.isfinite().all()


def test_by_two_outputs_alone_it_is_the_measure_of_noise_use_to_the_last_digits() -> None:
    targets = 0.3 + 0.4 * torch.rand(16, 1, 16, 16, generator=rng_for(0))
    first, second = (
        (targets + 0.1 * torch.randn(targets.shape, generator=rng_for(seed)) - 0.1).clamp(0, 1) for seed in (1, 2)
    )
    rho = output_diversity(first, second, error_of_the_mean(targets, first, second)).item()
    assert rho == pytest.approx(noise_use(targets, [first, second]).reading("noise_use").value, rel=1e-4)


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.4])
def test_the_error_of_the_mean_does_not_grow_with_the_noise(noise: float) -> None:
    """The error of one output, or of the mean of two, does; a term that asks for as much noise as those would never
    have enough."""
    targets = torch.rand(400, 1, 16, 16, generator=rng_for(0))
    mean = (targets + 0.3 * torch.randn(targets.shape, generator=rng_for(1))).requires_grad_()
    first, second = (mean + noise * torch.randn(targets.shape, generator=rng_for(seed)) for seed in (2, 3))
    found = error_of_the_mean(targets, first, second)
    assert found.item() == pytest.approx(0.09, rel=0.03)
    assert not found.requires_grad
    assert abs(error_of_the_mean(targets, targets, second).item()) < LEAST_MSE
