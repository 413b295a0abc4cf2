"""Latents as values, against torch's own distributions and by drawing."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from acutance.nn.latents import LOG_STD_LIMIT, Codes, DiagonalNormal, Dirac, Latent


def normal(*shape: int) -> DiagonalNormal:
    draw = torch.Generator().manual_seed(0)
    mean, log_std = torch.randn(2, *shape, generator=draw, dtype=torch.float64)
    return DiagonalNormal(mean, 0.5 * log_std)


def reference(latent: DiagonalNormal) -> Independent:
    return Independent(Normal(latent.mean, latent.std), latent.mean.ndim - 1)


@pytest.mark.parametrize("shape", [(3, 5), (2, 4, 3, 6)], ids=str)
def test_the_cost_is_the_divergence_from_the_prior(shape: tuple[int, ...]) -> None:
    latent = normal(*shape)
    prior = Independent(Normal(torch.zeros(shape).double(), torch.ones(shape).double()), len(shape) - 1)
    torch.testing.assert_close(latent.cost(), kl_divergence(reference(latent), prior))
    assert latent.cost_per_unit().shape == shape
    torch.testing.assert_close(latent.cost_per_unit().flatten(1).sum(1), latent.cost())


def test_the_cost_is_what_drawing_says() -> None:
    latent = normal(1, 2)
    many = DiagonalNormal(latent.mean.expand(200_000, 2), latent.log_std.expand(200_000, 2))
    draws = many.sample(torch.Generator().manual_seed(1))
    log_ratio = Normal(many.mean, many.std).log_prob(draws) - Normal(0.0, 1.0).log_prob(draws)
    values = log_ratio.sum(1)
    standard_error = values.std() / math.sqrt(len(values))
    assert abs(values.mean() - latent.cost().item()) < 4 * standard_error


def test_the_prior_costs_nothing_and_everything_else_something() -> None:
    assert DiagonalNormal(torch.zeros(2, 3), torch.zeros(2, 3)).cost().tolist() == [0.0, 0.0]
    assert normal(50, 4).cost_per_unit().gt(0).all()


def test_a_unit_that_is_known_exactly_costs_its_logarithm() -> None:
    """KL(N(0, s^2) || N(0, 1)) -> -log s - 1/2 for small s."""
    latent = DiagonalNormal(torch.zeros(1, 1).double(), torch.full((1, 1), -7.0).double())
    assert latent.cost().item() == pytest.approx(7.0 - 0.5, abs=1e-5)


def test_draws_have_the_mean_and_the_spread() -> None:
    mean, log_std = torch.tensor([0.5, -2.0]), torch.tensor([-1.0, 0.5])
    many = DiagonalNormal(mean.expand(100_000, 2), log_std.expand(100_000, 2))
    draws = many.sample(torch.Generator().manual_seed(2))
    torch.testing.assert_close(draws.mean(0), mean, atol=0.02, rtol=0)
    torch.testing.assert_close(draws.std(0), log_std.exp(), atol=0.02, rtol=0)
    assert abs(torch.corrcoef(draws.T)[0, 1]) < 0.02


def test_draws_follow_their_generator_and_no_other() -> None:
    latent = normal(2, 3)
    torch.manual_seed(0)
    first = latent.sample(torch.Generator().manual_seed(3))
    torch.manual_seed(1)
    assert torch.equal(first, latent.sample(torch.Generator().manual_seed(3)))
    assert not torch.equal(first, latent.sample(torch.Generator().manual_seed(4)))


def test_gradients_pass_through_a_draw() -> None:
    mean, log_std = (value.clone().requires_grad_() for value in (normal(2, 3).mean, normal(2, 3).log_std))

    def draw(mean: Tensor, log_std: Tensor) -> Tensor:
        return DiagonalNormal(mean, log_std).sample(torch.Generator().manual_seed(0))

    assert torch.autograd.gradcheck(draw, (mean, log_std))
    assert torch.autograd.gradcheck(lambda m, s: DiagonalNormal(m, s).cost(), (mean, log_std))


def test_parameters_are_split_into_mean_and_log_std() -> None:
    latent = DiagonalNormal.from_parameters(torch.arange(8.0).reshape(1, 4, 1, 2) / 100)
    torch.testing.assert_close(latent.mean, torch.tensor([[[[0.00, 0.01]], [[0.02, 0.03]]]]))
    torch.testing.assert_close(latent.log_std, torch.tensor([[[[0.04, 0.05]], [[0.06, 0.07]]]]), atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", [1e3, -1e3, 1e30])
def test_the_log_std_is_limited_so_that_nothing_overflows(size: float) -> None:
    latent = DiagonalNormal.from_parameters(torch.tensor([[0.0, size]]))
    assert latent.log_std.abs().item() <= LOG_STD_LIMIT
    assert latent.cost().isfinite().all()
    assert latent.sample(torch.Generator().manual_seed(0)).isfinite().all()


def test_half_precision_parameters_become_float32() -> None:
    latent = DiagonalNormal.from_parameters(torch.ones(2, 4, dtype=torch.bfloat16))
    assert latent.mean.dtype == latent.log_std.dtype == torch.float32


def test_a_point_is_its_own_draw_and_has_no_finite_rate() -> None:
    latent = Dirac(torch.arange(6.0).reshape(2, 3))
    assert torch.equal(latent.sample(torch.Generator()), latent.value)
    assert torch.equal(latent.mode, latent.value)
    assert latent.cost().tolist() == [math.inf, math.inf]


def test_both_are_latents() -> None:
    assert isinstance(Dirac(torch.zeros(1, 1)), Latent)
    assert isinstance(normal(1, 1), Latent)
    assert torch.equal(normal(2, 2).mode, normal(2, 2).mean)


def test_codes_are_what_the_decoder_gets_and_cost_their_tokens() -> None:
    continuous = torch.randn(3, 2, 4, 4)
    codes = Codes(quantized=continuous.round(), continuous=continuous, indices=torch.zeros(3, 4, 4).long(), size=8)
    assert isinstance(codes, Latent)
    assert codes.mode is codes.quantized
    assert codes.sample() is codes.quantized
    assert torch.allclose(codes.cost(), torch.full((3,), 16 * math.log(8)))
