"""Relativistic pairs and gradient penalties against closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from acutance.objectives.adversarial import GAMES, between, gradient_penalty, relativistic, unit_slope

LOGITS = torch.tensor([-3.0, 0.0, 2.5], dtype=torch.float64)
OTHERS = torch.tensor([1.0, 0.0, -40.0], dtype=torch.float64)


def test_a_draw_costs_ln_2() -> None:
    assert relativistic(LOGITS, LOGITS).tolist() == pytest.approx([math.log(2)] * 3)


def test_the_two_sides_mirror_each_other() -> None:
    """softplus(-d) - softplus(d) = -d: what the one wins, the other loses."""
    difference = relativistic(LOGITS, OTHERS) - relativistic(OTHERS, LOGITS)
    torch.testing.assert_close(difference, OTHERS - LOGITS)


def test_only_differences_of_logits_count() -> None:
    torch.testing.assert_close(relativistic(LOGITS + 5, OTHERS + 5), relativistic(LOGITS, OTHERS))


def test_winning_costs_less() -> None:
    assert relativistic(LOGITS + 1, OTHERS).lt(relativistic(LOGITS, OTHERS)).all()


def test_gradients_are_those_of_finite_differences() -> None:
    winner, loser = LOGITS.clone().requires_grad_(), torch.zeros(3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(relativistic, (winner, loser))


def test_the_gradients_of_the_two_sides_at_the_fake_are_opposite() -> None:
    real, fake = LOGITS, OTHERS.clone().requires_grad_()
    (critic,) = torch.autograd.grad(relativistic(real, fake).sum(), fake)
    (generator,) = torch.autograd.grad(relativistic(fake, real).sum(), fake)
    assert critic.ge(0).all()
    torch.testing.assert_close(critic - generator, torch.ones(3, dtype=torch.float64))


def linear(images: Tensor) -> Tensor:
    return images.flatten(1) @ torch.arange(12.0, dtype=images.dtype)


def quadratic(images: Tensor) -> Tensor:
    return 0.5 * images.square().flatten(1).sum(1)


def batch(dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.rand(5, 3, 2, 2, generator=torch.Generator().manual_seed(1), dtype=dtype)


def test_the_penalty_of_a_linear_critic_is_its_squared_norm() -> None:
    logits, penalty = gradient_penalty(linear, batch())
    torch.testing.assert_close(logits, linear(batch()))
    assert penalty.tolist() == pytest.approx([506.0] * 5)


def test_the_penalty_of_a_quadratic_critic_is_the_squared_image() -> None:
    _, penalty = gradient_penalty(quadratic, batch())
    torch.testing.assert_close(penalty, batch().square().flatten(1).sum(1))


def test_the_penalty_trains_the_critic_and_not_what_made_the_images() -> None:
    """d |w|^2 / dw = 2 w for the critic <w, x>, and nothing passes into the images."""
    weight = torch.arange(12.0, dtype=torch.float64, requires_grad=True)
    images = batch().requires_grad_()
    logits, penalty = gradient_penalty(lambda x: x.flatten(1) @ weight, images)
    penalty.mean().backward(retain_graph=True)
    torch.testing.assert_close(weight.grad, 2 * weight.detach())
    logits.sum().backward()
    assert images.grad is None
    assert not images.detach().requires_grad


def test_the_penalty_agrees_with_finite_differences_of_a_curved_critic() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    net = net.double()

    def critic(images: Tensor) -> Tensor:
        found: Tensor = net(images).squeeze(1)
        return found

    _, penalty = gradient_penalty(critic, batch())
    step = 1e-6 * torch.eye(12, dtype=torch.float64).reshape(12, 1, 3, 2, 2)
    slopes = torch.stack([(critic(batch() + s) - critic(batch() - s)) / 2e-6 for s in step])
    torch.testing.assert_close(penalty.detach(), slopes.square().sum(0).detach(), rtol=1e-6, atol=1e-9)


def test_the_penalty_of_patches_is_that_of_their_mean() -> None:
    """Three patches that see the same are one; of patches with different slopes the mean slope counts."""

    def patches(images: Tensor) -> Tensor:
        return torch.stack([linear(images), 2 * linear(images), -linear(images)], dim=1)

    images = batch()
    logits, slope = gradient_penalty(patches, images)
    assert logits.shape == (5, 3)
    _, alone = gradient_penalty(linear, images)
    torch.testing.assert_close(slope, (2 / 3) ** 2 * alone)
    _, copies = gradient_penalty(lambda x: linear(x)[:, None].expand(-1, 3), images)
    torch.testing.assert_close(copies, alone)


@pytest.mark.parametrize("name", GAMES)
def test_every_game_has_the_gradients_of_finite_differences(name: str) -> None:
    real, fake = (x.clone().requires_grad_() for x in (LOGITS + 0.1, OTHERS.clamp_min(-4) + 0.2))
    assert torch.autograd.gradcheck(GAMES[name].critic, (real, fake))
    assert torch.autograd.gradcheck(GAMES[name].generator, (real, fake))


@pytest.mark.parametrize("name", GAMES)
def test_in_every_game_the_critic_parts_them_and_the_generator_closes_in(name: str) -> None:
    real, fake = torch.zeros(3, requires_grad=True), torch.zeros(3, requires_grad=True)
    up, down = torch.autograd.grad(GAMES[name].critic(real, fake).sum(), (real, fake))
    assert up.lt(0).all()
    assert down.gt(0).all()
    (closer,) = torch.autograd.grad(GAMES[name].generator(real, fake).sum(), fake)
    assert closer.lt(0).all()


def test_points_between_lie_on_the_line_of_their_pair() -> None:
    real, fake = batch(), batch().roll(1, 0)
    found = between(real, fake, torch.Generator().manual_seed(0))
    share = ((found - fake) / (real - fake)).flatten(1)
    torch.testing.assert_close(share, share[:, :1].expand_as(share))
    assert share.ge(0).all()
    assert share.le(1).all()
    assert len(share[:, 0].unique()) == 5


def test_a_slope_of_one_costs_nothing_and_a_flat_critic_has_a_finite_gradient() -> None:
    squared = torch.tensor([1.0, 0.0, 4.0], requires_grad=True)
    cost = unit_slope(squared)
    torch.testing.assert_close(cost, torch.tensor([0.0, 1.0, 1.0]), atol=1e-5, rtol=0)
    (gradient,) = torch.autograd.grad(cost.sum(), squared)
    assert gradient.isfinite().all()
