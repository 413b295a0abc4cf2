"""Gaussian likelihoods against finite differences and their own definitions."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from acutance.objectives.gaussian import (
    MIN_LOG_SIGMA,
    calibrated_gaussian,
    effective_sigma,
    fixed_gaussian,
    learned_gaussian,
    squared_error,
)


def pair(n: int = 3, noise: float = 0.2, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    images = torch.rand(n, 2, 4, 4, generator=draw, dtype=dtype)
    outputs = images + noise * torch.randn(images.shape, generator=draw, dtype=dtype)
    return images, outputs.requires_grad_(True)


def gradient(values: Tensor, outputs: Tensor) -> Tensor:
    (found,) = torch.autograd.grad(values.mean(), outputs)
    return found


def test_gradients_are_those_of_finite_differences() -> None:
    images, outputs = pair()
    assert torch.autograd.gradcheck(lambda r: squared_error(images, r), outputs)
    assert torch.autograd.gradcheck(lambda r: fixed_gaussian(images, r, 0.3), outputs)
    assert torch.autograd.gradcheck(lambda r: calibrated_gaussian(images, r), outputs)
    log_sigma = torch.tensor(-1.2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda r, s: learned_gaussian(images, r, s), (outputs, log_sigma))


def test_squared_error_is_the_sum_of_each_image() -> None:
    images = torch.zeros(2, 1, 2, 3)
    outputs = torch.stack([torch.full((1, 2, 3), 0.5), torch.full((1, 2, 3), 2.0)])
    assert squared_error(images, outputs).tolist() == [1.5, 24.0]


def test_squared_error_of_half_precision_is_summed_in_float32() -> None:
    images = torch.zeros(1, 1, 128, 128, dtype=torch.bfloat16)
    outputs = torch.full_like(images, 0.25)
    found = squared_error(images, outputs)
    assert found.dtype == torch.float32
    assert found.item() == 1024.0


def test_fixed_gaussian_is_the_likelihood_without_its_constant() -> None:
    images, outputs = pair()
    nats = -Normal(outputs, 0.3).log_prob(images).flatten(1).sum(1)
    constant = images[0].numel() / 2 * math.log(2 * math.pi * 0.3**2)
    torch.testing.assert_close(fixed_gaussian(images, outputs, 0.3), nats - constant)


def test_calibrated_gaussian_is_the_likelihood_at_its_best_sigma() -> None:
    images, outputs = pair()
    dimensions = images[0].numel()
    mse = (images - outputs).square().mean().item()
    best = fixed_gaussian(images, outputs, math.sqrt(mse)).mean() + dimensions / 2 * math.log(mse)
    found = calibrated_gaussian(images, outputs)
    torch.testing.assert_close(found, (best - dimensions / 2).expand_as(found))
    for off in (0.9, 1.1):
        worse = fixed_gaussian(images, outputs, off * math.sqrt(mse)).mean() + dimensions * math.log(
            off * math.sqrt(mse)
        )
        assert worse > best


def test_calibrated_gradient_is_that_of_the_squared_error_over_twice_the_mse() -> None:
    images, outputs = pair()
    mse = (images - outputs).square().mean().item()
    wanted = gradient(squared_error(images, outputs) / (2 * mse), outputs)
    torch.testing.assert_close(gradient(calibrated_gaussian(images, outputs), outputs), wanted)


def test_calibrated_gradient_is_as_large_where_the_fit_is_ten_times_as_good() -> None:
    """The scale of the error drops out: what is left is its direction."""
    sizes = []
    for noise in (0.5, 0.05):
        images, outputs = pair(noise=noise)
        sizes.append(noise * gradient(calibrated_gaussian(images, outputs), outputs).norm())
    torch.testing.assert_close(*sizes)


def test_shares_of_a_batch_add_up_to_the_whole() -> None:
    images, outputs = pair(4)
    whole = gradient(calibrated_gaussian(images, outputs), outputs)
    mse = (images - outputs).detach().square().mean()
    parts = [calibrated_gaussian(images[part], outputs[part], mse).mean() for part in (slice(0, 2), slice(2, 4))]
    torch.testing.assert_close(gradient(torch.stack(parts), outputs), whole)
    alone = [calibrated_gaussian(images[part], outputs[part]).mean() for part in (slice(0, 1), slice(1, 4))]
    assert not torch.allclose(gradient(torch.stack(alone), outputs), whole)


def test_a_perfect_fit_is_finite_and_below_the_floor_sigma_is_fixed() -> None:
    images, outputs = pair(noise=0.0)
    values = calibrated_gaussian(images, outputs)
    assert values[0].item() == pytest.approx(images[0].numel() * MIN_LOG_SIGMA)
    assert gradient(values, outputs).abs().max() == 0
    images, outputs = pair(noise=1e-5)
    floor = gradient(fixed_gaussian(images, outputs, math.exp(MIN_LOG_SIGMA)), outputs)
    torch.testing.assert_close(gradient(calibrated_gaussian(images, outputs), outputs), floor)


@pytest.mark.parametrize("kl_weight", [0.25, 1.0, 9.0])
@pytest.mark.parametrize("sigma", [0.1, 1.0])
def test_effective_sigma_is_that_of_the_plain_loss_with_the_same_gradient(kl_weight: float, sigma: float) -> None:
    """SSE/(2 sigma^2) + w KL = w (SSE/(2 s^2) + KL) with s the effective sigma (T9)."""
    images, outputs = pair()
    weighted = fixed_gaussian(images, outputs, sigma)
    plain = kl_weight * fixed_gaussian(images, outputs, effective_sigma(kl_weight, sigma))
    torch.testing.assert_close(weighted, plain)


def test_effective_sigma_of_a_mean_reduced_loss() -> None:
    """a MSE + w KL over n dimensions has sigma = sqrt(w n / (2 a)) (T9)."""
    n, a, w = 3072, 1.0, 0.00025
    sigma_of_the_distortion = math.sqrt(n / (2 * a))
    assert effective_sigma(w, sigma_of_the_distortion) == pytest.approx(math.sqrt(w * n / (2 * a)))
