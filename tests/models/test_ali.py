"""Adversarially learned inference: both kinds of pairs, both directions, nothing else."""

from __future__ import annotations

import pytest
import torch
from ddp_parts import feed
from small_models import images_of, small_model, small_recipe

from acutance.models import Batch
from acutance.models.ali import ALI
from acutance.nn.pair_critic import PairCritic
from acutance.objectives.adversarial import gradient_penalty, relativistic
from acutance.train import Loop

EIGHT = images_of(8)


def seed(n: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(n)


def model_of() -> ALI:
    model = small_model("ali", latents=6)
    assert isinstance(model, ALI)
    return model


def pairs(model: ALI, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """(x, z ~ q) and (G(z), z ~ p), drawn in the order of the family."""
    latent = model.encode(EIGHT).sample(generator)
    noise = model.prior(8, generator)
    return torch.cat([EIGHT.flatten(1), latent], 1), torch.cat([model.decoder(noise).flatten(1), noise], 1)


@pytest.mark.parametrize("step", [0, 1])
def test_the_critics_loss_is_the_formula_with_the_penalty_on_both_parts(step: int) -> None:
    model = model_of()
    real, fake = pairs(model, seed())
    wanted = relativistic(model.critic(real), model.critic(fake)).mean()
    if step == 0:
        _, slope = gradient_penalty(model.critic, torch.cat([real, fake]))
        wanted = wanted + 8 * 0.2 * slope.mean()
    torch.testing.assert_close(model.players()[0].objective(Batch(EIGHT, step=step), seed()).total, wanted)


def test_the_generators_loss_is_its_mirror_with_a_gradient_in_both_nets() -> None:
    model = model_of()
    real, fake = pairs(model, seed())
    wanted = relativistic(model.critic(fake), model.critic(real)).mean()
    found = model.players()[1].objective(Batch(EIGHT), seed())
    torch.testing.assert_close(found.total, wanted)
    for net in (model.encoder, model.decoder):
        ours = torch.autograd.grad(found.total, list(net.parameters()), retain_graph=True)
        theirs = torch.autograd.grad(wanted, list(net.parameters()), retain_graph=True)
        assert any(gradient.abs().sum() > 0 for gradient in ours)
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("player", [0, 1])
def test_each_players_loss_has_no_way_into_the_other(player: int) -> None:
    model = model_of()
    mine = model.players()[player].objective
    for parameter in model.critic.parameters():
        parameter.requires_grad_(player == 0)
    mine(Batch(EIGHT), seed()).total.backward()
    reached = {id(parameter) for parameter in model.parameters() if parameter.grad is not None}
    assert reached == {id(parameter) for parameter in mine.parameters()}


def test_the_critic_judges_image_and_latent_together() -> None:
    """The same images and the same latents, paired otherwise, are other pairs."""
    critic = model_of().critic
    latents = torch.randn(8, 6, generator=seed(1))
    matched = critic(PairCritic.joined(EIGHT, latents))
    swapped = critic(PairCritic.joined(EIGHT, latents.roll(1, 0)))
    assert matched.shape == (8,)
    assert not torch.allclose(matched - matched.mean(), swapped - swapped.mean())
    (slope,) = torch.autograd.grad(critic(PairCritic.joined(EIGHT, latents.requires_grad_())).sum(), latents)
    assert slope.abs().sum() > 0


@pytest.mark.slow
def test_the_encoder_learns_what_the_decoder_was_given() -> None:
    """On eight images the latents that the encoder finds of drawn images come nearer to those that drew them."""
    model = model_of()
    noise = model.prior(256, seed(2))

    def missed(trained: ALI) -> float:
        with torch.no_grad():
            found = trained.encode(trained.decode(noise)).mode
        return ((found - noise).square().mean() / noise.square().mean()).item()

    before = missed(model.eval())
    loop = Loop(model, small_recipe(images=6400, warmup_images=80), feed(8), seed=0)
    loop.run(lambda now: None, lambda: None)
    assert missed(loop.ema.average) < 0.9 * before


def test_latents_stay_where_the_prior_is() -> None:
    model = model_of()
    with torch.no_grad():
        for parameter in model.encoder.parameters():
            parameter.mul_(10)
    posterior = model.encode(EIGHT)
    assert posterior.mean.abs().max() <= 4
    assert posterior.std.max() <= 1
    assert posterior.cost().isfinite().all()
