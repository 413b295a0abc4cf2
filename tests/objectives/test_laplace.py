"""The Laplace likelihood against torch's own distribution and against the median."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Laplace

from acutance.objectives.laplace import (
    absolute_error,
    calibrated_laplace,
    effective_scale,
    fixed_laplace,
    learned_laplace,
)

IMAGES = torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
OUTPUTS = torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_it_is_the_density_without_its_constant() -> None:
    sigma = 0.3
    scale = sigma / math.sqrt(2)
    told = -Laplace(OUTPUTS, scale).log_prob(IMAGES).flatten(1).sum(1) - 16 * math.log(2 * scale)
    torch.testing.assert_close(fixed_laplace(IMAGES, OUTPUTS, sigma), told)
    assert Laplace(0.0, scale).stddev.item() == pytest.approx(sigma)


def test_the_calibrated_one_is_the_best_fixed_one() -> None:
    mae = (IMAGES - OUTPUTS).abs().mean().item()
    assert calibrated_laplace(IMAGES, OUTPUTS).mean().item() == pytest.approx(16 * math.log(mae))
    whole = {
        s: (fixed_laplace(IMAGES, OUTPUTS, s).mean() + 16 * math.log(s / math.sqrt(2))).item() for s in (0.9, 1.0, 1.1)
    }
    best = math.sqrt(2) * mae
    at = {k: (fixed_laplace(IMAGES, OUTPUTS, k * best).mean() + 16 * math.log(k * mae)).item() for k in whole}
    assert at[1.0] < min(at[0.9], at[1.1])
    assert at[1.0] == pytest.approx(calibrated_laplace(IMAGES, OUTPUTS).mean().item() + 16)


def test_the_learnt_one_is_the_density_and_passes_gradients_to_both() -> None:
    log_scale = torch.tensor(math.log(0.2), dtype=torch.float64, requires_grad=True)
    told = -Laplace(OUTPUTS, 0.2).log_prob(IMAGES).flatten(1).sum(1) - 16 * math.log(2)
    torch.testing.assert_close(learned_laplace(IMAGES, OUTPUTS, log_scale).detach(), told)
    outputs = OUTPUTS.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda r, b: learned_laplace(IMAGES, r, b), (outputs, log_scale))


def test_its_gradient_is_that_of_the_absolute_error_over_the_mean() -> None:
    outputs = OUTPUTS.clone().requires_grad_()
    (found,) = torch.autograd.grad(calibrated_laplace(IMAGES, outputs).mean(), outputs)
    mae = (IMAGES - OUTPUTS).abs().mean()
    torch.testing.assert_close(found, (OUTPUTS - IMAGES).sign() / (5 * mae))
    exact = calibrated_laplace(IMAGES, IMAGES.clone().requires_grad_()).mean()
    assert exact.item() == pytest.approx(16 * -6.0)


def test_gradients_are_those_of_finite_differences() -> None:
    outputs = OUTPUTS.clone().requires_grad_()
    for nats in (lambda r: fixed_laplace(IMAGES, r, 0.3), lambda r: calibrated_laplace(IMAGES, r)):
        assert torch.autograd.gradcheck(nats, outputs)


def test_the_effective_scale_is_that_of_the_plain_loss_with_the_same_gradient() -> None:
    """SAE / b + w KL is w (SAE / (b w) + KL) (T9)."""
    outputs = OUTPUTS.clone().requires_grad_()
    plain = fixed_laplace(IMAGES, outputs, math.sqrt(2) * effective_scale(4.0, 0.1)).sum()
    weighed = fixed_laplace(IMAGES, outputs, math.sqrt(2) * 0.1).sum() / 4.0
    torch.testing.assert_close(torch.autograd.grad(plain, outputs), torch.autograd.grad(weighed, outputs))


def test_its_best_constant_is_the_median() -> None:
    """T5: of 0, 0, 1 the median is 0, the mean a third."""
    pixels = torch.tensor([0.0, 0.0, 1.0])[:, None]
    errors = {c: absolute_error(pixels, torch.full_like(pixels, c)).sum().item() for c in (0.0, 1 / 3, 0.5, 1.0)}
    assert min(errors, key=errors.__getitem__) == 0.0


def test_a_share_of_a_batch_uses_the_whole_batchs_mean() -> None:
    outputs = OUTPUTS.clone().requires_grad_()
    (whole,) = torch.autograd.grad(calibrated_laplace(IMAGES, outputs).mean(), outputs)
    mae = (IMAGES - OUTPUTS).abs().mean()
    (half,) = torch.autograd.grad(calibrated_laplace(IMAGES[:2], outputs[:2], mae).mean(), outputs)
    torch.testing.assert_close(half[:2] * 2 / 5, whole[:2])
