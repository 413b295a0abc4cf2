"""The mixture of discretised logistics: it adds up to 1, and is what torch's distributions make of its parts."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import AffineTransform, Categorical, SigmoidTransform, Uniform
from torch.distributions.transformed_distribution import TransformedDistribution

from acutance.objectives.logistic_mixture import LEVELS, level_mean, logistic_mixture, mixture_draw, mixture_mean
from acutance.rng import rng_for

LEVEL_VALUES = torch.arange(LEVELS, dtype=torch.float64)[:, None] / (LEVELS - 1)


def parts(n: int, k: int = 3, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    draw = rng_for(seed)
    logits, means, log_scales = torch.randn(3, k, n, 1, generator=draw, dtype=torch.float64)
    return logits, 0.5 + 0.4 * means, log_scales - 3


def mass(logits: Tensor, means: Tensor, log_scales: Tensor) -> Tensor:
    """Of all levels of one pixel."""
    whole = [values.expand(-1, LEVELS, -1) for values in (logits, means, log_scales)]
    return (-logistic_mixture(LEVEL_VALUES, whole[0], whole[1], whole[2]) - math.log(LEVELS - 1)).exp()


@pytest.mark.parametrize("seed", range(5))
def test_the_levels_add_up_to_one(seed: int) -> None:
    assert mass(*parts(1, seed=seed)).sum().item() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("shift", [-5.0, 0.0, 5.0])
def test_they_do_so_far_outside_and_for_sharp_components(shift: float) -> None:
    logits, means, log_scales = parts(1)
    assert mass(logits, means + shift, log_scales - 2).sum().item() == pytest.approx(1.0, abs=1e-6)


def test_it_is_the_difference_of_the_mixtures_distribution_functions() -> None:
    logits, means, log_scales = parts(1)
    logistic = TransformedDistribution(
        Uniform(torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)),
        [SigmoidTransform().inv, AffineTransform(means[:, 0, 0], log_scales[:, 0, 0].exp())],
    )
    weights = torch.softmax(logits[:, 0, 0], 0)
    edges = torch.arange(0.5, LEVELS - 1, dtype=torch.float64) / (LEVELS - 1)
    cdf = (weights * torch.stack([logistic.cdf(edge.expand(3)) for edge in edges])).sum(1)
    told = torch.cat([cdf[:1], cdf.diff(), 1 - cdf[-1:]])
    torch.testing.assert_close(mass(logits, means, log_scales), told, rtol=1e-6, atol=1e-12)


def test_one_wide_component_is_the_density_of_a_logistic() -> None:
    """So that its nats can be set beside a Gaussian's."""
    zeros = torch.zeros(1, 1, 1, dtype=torch.float64)
    found = logistic_mixture(torch.full((1, 1), 128 / 255, dtype=torch.float64), zeros, zeros + 0.45, zeros - 2)
    u, s = (128 / 255 - 0.45) / math.exp(-2), math.exp(-2)
    assert found.item() == pytest.approx(u + 2 * math.log1p(math.exp(-u)) + math.log(s), abs=1e-4)


def test_its_draws_are_distributed_so() -> None:
    logits, means, log_scales = parts(1)
    whole = [values.expand(-1, 100_000, -1) for values in (logits, means, log_scales)]
    drawn = mixture_draw(whole[0], whole[1], whole[2], rng_for(1))
    counts = torch.bincount((drawn * (LEVELS - 1)).round().long().flatten(), minlength=LEVELS) / 100_000
    assert (counts.cumsum(0) - mass(logits, means, log_scales).cumsum(0)).abs().max() < 0.01


@pytest.mark.parametrize("shift", [-3.0, -0.3, 0.0, 0.5, 3.0])
@pytest.mark.parametrize("width", [-2.0, 0.0, 4.0])
def test_the_mean_of_its_levels_is_that_of_their_masses(shift: float, width: float) -> None:
    """Also where most of the mixture lies outside [0, 1], where it is not the mixture's own."""
    logits, means, log_scales = parts(1)
    means, log_scales = means + shift, (log_scales + width).clamp(-6, 1)
    told = (mass(logits, means, log_scales) * LEVEL_VALUES.flatten()).sum()
    found = level_mean(logits, means, log_scales)
    assert found.shape == (1, 1)
    assert found.item() == pytest.approx(told.item(), abs=0.5 / (LEVELS - 1) if width < 0 else 1e-3)


def test_its_mean_is_that_of_its_parts() -> None:
    logits, means, _ = parts(4)
    weights = Categorical(logits=logits.movedim(0, -1)).probs
    torch.testing.assert_close(mixture_mean(logits, means), (weights * means.movedim(0, -1)).sum(-1))


def test_gradients_are_those_of_finite_differences() -> None:
    images = LEVEL_VALUES[[0, 7, 128, 255]]
    given = tuple(values.requires_grad_() for values in parts(4))
    assert torch.autograd.gradcheck(lambda a, b, c: logistic_mixture(images, a, b, c), given)


def test_nothing_is_infinite_far_away() -> None:
    logits, means, log_scales = (values.float().requires_grad_() for values in parts(4))
    nats = logistic_mixture(LEVEL_VALUES[[0, 7, 128, 255]].float(), logits, means + 3, log_scales - 10)
    assert nats.isfinite().all()
    for gradient in torch.autograd.grad(nats.sum(), (logits, means, log_scales)):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("log_scale", [-1e4, 1e4])
def test_a_scale_out_of_all_bounds_leaves_numbers_and_gradients(log_scale: float) -> None:
    images = torch.tensor([[0.0, 0.5, 1.0]])
    parts = [torch.zeros(2, 1, 3), torch.full((2, 1, 3), 40.0), torch.full((2, 1, 3), log_scale)]
    parts = [part.requires_grad_() for part in parts]
    logistic_mixture(images, *parts).sum().backward()
    assert all(part.grad is not None and part.grad.isfinite().all() for part in parts)
