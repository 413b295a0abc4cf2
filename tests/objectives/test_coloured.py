"""The coloured Gaussian against a dense covariance, and what independence costs against T7."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from acutance.measure._independence import independence_cost
from acutance.objectives.coloured import coloured_gaussian, coloured_noise, residual_power
from acutance.objectives.gaussian import squared_error
from acutance.rng import rng_for


def power_of(height: int, width: int, exponent: float, channels: int = 1) -> Tensor:
    """f^-exponent on the half plane, the zero frequency like the lowest."""
    down = torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    across = torch.fft.rfftfreq(width, dtype=torch.float64)[None]
    radius = (down**2 + across**2).sqrt()
    radius[0, 0] = 1 / max(height, width)
    return 0.01 * (radius**-exponent).expand(channels, -1, -1).contiguous()


def dense(power: Tensor, height: int, width: int) -> Tensor:
    """The covariance of one channel, pixel by pixel, from its definition: the correlation at every shift."""
    shifts = torch.fft.irfft2(power, s=(height, width)) * 1.0
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    r, c = rows.flatten(), columns.flatten()
    return shifts[(r[:, None] - r[None]) % height, (c[:, None] - c[None]) % width]


@pytest.mark.parametrize(("height", "width"), [(4, 6), (5, 5), (3, 4)])
def test_it_is_the_density_of_a_dense_circulant_covariance(height: int, width: int) -> None:
    power = torch.rand(1, height, width // 2 + 1, generator=rng_for(0), dtype=torch.float64) + 0.1
    if width % 2 == 0:  # a covariance is real: S(f) = S(-f) also on the columns that are their own mirror images
        power[:, :, -1] = (power[:, :, -1] + power[:, :, -1].flip(1).roll(1, 1)) / 2
    power[:, :, 0] = (power[:, :, 0] + power[:, :, 0].flip(1).roll(1, 1)) / 2
    images, outputs = (torch.rand(5, 1, height, width, generator=rng_for(s), dtype=torch.float64) for s in (1, 2))
    normal = MultivariateNormal(outputs.flatten(1), dense(power[0], height, width))
    torch.testing.assert_close(coloured_gaussian(images, outputs, power), -normal.log_prob(images.flatten(1)))


def test_white_power_is_a_white_gaussian_and_channels_add_up() -> None:
    images, outputs = (torch.rand(3, 2, 4, 4, generator=rng_for(s), dtype=torch.float64) for s in (0, 1))
    power = torch.full((2, 4, 3), 0.09, dtype=torch.float64)
    white = squared_error(images, outputs) / (2 * 0.09) + 16 * math.log(2 * math.pi * 0.09)
    torch.testing.assert_close(coloured_gaussian(images, outputs, power), white)


def lost_by(power: Tensor) -> float:
    """T7, of a width of 32, as the measure has it; of so many images that their number does not matter."""
    often = torch.tensor([1.0, *[2.0] * 15, 1.0], dtype=torch.float64).expand_as(power)
    return independence_cost(power.flatten(), often.flatten(), 1e12)


@pytest.mark.parametrize(("exponent", "lost"), [(1.0, 0.087), (2.0, 0.479)])
def test_what_independence_costs_on_stationary_residuals(exponent: float, lost: float) -> None:
    """Coloured less diagonal, each with the power of the residuals, is T7; its closed form has the theory's figures."""
    power = power_of(32, 32, exponent)
    assert lost_by(power) == pytest.approx(lost, abs=0.01)
    outputs = torch.zeros(400, 1, 32, 32, dtype=torch.float64)
    images = coloured_noise(torch.randn(outputs.shape, generator=rng_for(0), dtype=torch.float64), power)
    own = residual_power(images, outputs)
    coloured = coloured_gaussian(images, outputs, own).mean().item() / 1024
    mse = squared_error(images, outputs).mean().item() / 1024
    diagonal = 0.5 * (1 + math.log(2 * math.pi * mse))
    assert diagonal - coloured == pytest.approx(lost_by(power), rel=0.05)
    assert diagonal - coloured == pytest.approx(lost_by(own), rel=1e-7)


def test_the_mean_power_is_the_squared_error() -> None:
    images, outputs = (torch.rand(6, 2, 8, 7, generator=rng_for(s), dtype=torch.float64) for s in (0, 1))
    found = residual_power(images, outputs)
    counts = torch.tensor([1.0, 2.0, 2.0, 2.0], dtype=torch.float64)
    torch.testing.assert_close((found * counts).mean() * 4 / 7, (images - outputs).square().mean())


def test_its_noise_has_its_power() -> None:
    power = power_of(8, 8, 1.0)
    drawn = coloured_noise(torch.randn(20_000, 1, 8, 8, generator=rng_for(0), dtype=torch.float64), power)
    torch.testing.assert_close(residual_power(drawn, torch.zeros_like(drawn)), power, rtol=0.06, atol=0)


def test_gradients_are_those_of_finite_differences() -> None:
    images, outputs = (torch.rand(2, 1, 4, 5, generator=rng_for(s), dtype=torch.float64) for s in (0, 1))
    power = (torch.rand(1, 4, 3, generator=rng_for(2), dtype=torch.float64) + 0.1).requires_grad_()
    assert torch.autograd.gradcheck(lambda r, s: coloured_gaussian(images, r, s), (outputs.requires_grad_(), power))
