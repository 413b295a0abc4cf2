"""Objectives of the families: who gets a gradient from whom, and what the terms say."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from ddp_parts import feed
from small_models import images_of, small_config, small_model, small_recipe, weights
from torch import nn

from acutance.errors import ConfigError
from acutance.models import Batch, Loss, Model, Player
from acutance.models._base import describe
from acutance.models._store import config_from_description
from acutance.models._versus import critic_loss, generator_loss
from acutance.objectives.adversarial import gradient_penalty, relativistic
from acutance.objectives.gaussian import calibrated_gaussian, fixed_gaussian
from acutance.train import Loop

EIGHT = images_of(8)
ADVERSARIAL = ["gan", "adversarial_decoder"]


def seed(n: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(n)


def loss_of(model: Model, player: int = 0, **batch: Any) -> Loss:
    found: Loss = model.players()[player].objective(Batch(EIGHT, **batch), seed())
    return found


def names_with_gradient(model: nn.Module) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.grad is not None}


def of(player: Player, model: Model) -> set[str]:
    mine = {id(parameter) for parameter in player.objective.parameters()}
    return {name for name, parameter in model.named_parameters() if id(parameter) in mine}


# Two sides


@pytest.mark.parametrize("family", ADVERSARIAL)
@pytest.mark.parametrize("turn", [0, 1])
def test_a_turn_leaves_no_gradient_with_the_other_side(family: str, turn: int) -> None:
    model = small_model(family)
    loop = Loop(model, small_recipe(images=8), feed(), seed=0)
    expected = of(model.players()[turn], model)
    loop.sides = [loop.sides[turn]]
    loop.run(lambda now: None, lambda: None)
    assert names_with_gradient(model) == expected


@pytest.mark.parametrize("family", ADVERSARIAL)
@pytest.mark.parametrize("step", [0, 1])
def test_the_critics_loss_has_no_way_back_into_the_generator(family: str, step: int) -> None:
    """Not even where nobody switched the generator's gradients off; with the penalty and without."""
    model = small_model(family)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith("base."))
    critic = model.players()[0]
    critic.objective(Batch(EIGHT, step=step), seed()).total.backward()
    assert names_with_gradient(model) <= of(critic, model)


@pytest.mark.parametrize("family", ADVERSARIAL)
def test_both_sides_play_every_step_from_the_first(family: str) -> None:
    """No critic that idles while its losses are reported."""
    model = small_model(family)
    before = weights(model)
    ticks: list[Any] = []
    Loop(model, small_recipe(images=8, log_images=8), feed(), seed=0).run(ticks.append, lambda: None)
    assert {name.split("/")[0] for name in ticks[0].terms} == {player.name for player in model.players()}
    for player in model.players():
        moved = [name for name in of(player, model) if not torch.equal(before[name], weights(model)[name])]
        assert moved


def test_the_critic_loss_is_the_formula() -> None:
    model = small_model("gan", penalty=0.3, penalty_every=4)
    fakes = images_of(8, seed=9)
    critic, config = model.critic, model.config
    real_logits, real_slope = gradient_penalty(critic, EIGHT)
    fake_logits, fake_slope = gradient_penalty(critic, fakes)
    plain = relativistic(real_logits, fake_logits).mean()
    penalty = 0.3 / 2 * (real_slope.mean() + fake_slope.mean())
    for step, expected in ((0, plain + 4 * penalty), (1, plain), (3, plain), (4, plain + 4 * penalty)):
        found = critic_loss(critic, Batch(EIGHT, step=step), fakes, config, seed())
        torch.testing.assert_close(found.total, expected)
        assert ("penalty" in found.terms) is (step % 4 == 0)
    assert found.terms["logit_gap"].item() == pytest.approx((real_logits - fake_logits).mean().item(), rel=1e-4)


@pytest.mark.parametrize(("terms", "at"), [("r1", (True, False)), ("r2", (False, True)), ("r1+r2", (True, True))])
@pytest.mark.parametrize("family", ["gan", "adversarial_decoder"])
def test_r1_and_r2_hold_the_slope_where_they_say(family: str, terms: str, at: tuple[bool, bool]) -> None:
    """By hand: gamma / 2 of each, and the critic's gradient is that of the squared slopes there and nowhere else."""
    model, fakes = small_model(family, penalty=0.3, penalty_every=4, penalty_terms=terms), images_of(8, seed=9)
    sides = [images for images, held in zip((EIGHT, fakes), at, strict=True) if held]
    mine = list(model.critic.parameters())
    with_it, without = (critic_loss(model.critic, Batch(EIGHT, step=s), fakes, model.config, seed()) for s in (4, 5))
    wanted = 4 * 0.3 / 2 * sum(slopes_by_hand(model.critic, images) for images in sides)
    torch.testing.assert_close(with_it.total - without.total, wanted, rtol=1e-3, atol=1e-5)
    found, plain, hand = (torch.autograd.grad(x, mine) for x in (with_it.total, without.total, wanted))
    for a, b, c in zip(found, plain, hand, strict=True):
        torch.testing.assert_close(a - b, c, rtol=1e-3, atol=1e-5)


def slopes_by_hand(critic: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """The mean of |d critic / d image|^2, image by image."""
    points = [image[None].clone().requires_grad_() for image in images]
    slopes = [torch.autograd.grad(critic(point).sum(), point, create_graph=True)[0] for point in points]
    return torch.stack([slope.square().sum() for slope in slopes]).mean()


def test_a_model_from_before_there_was_a_choice_of_penalties_has_both() -> None:
    described = describe(small_model("gan"))
    del described["config"]["penalty_terms"]
    assert config_from_description(described) == small_config("gan", penalty_terms="r1+r2")


def test_over_a_cycle_the_lazy_penalty_weighs_what_a_steady_one_would() -> None:
    lazy = small_model("gan", penalty=0.3, penalty_every=4)
    steady = small_model("gan", penalty=0.3, penalty_every=1)
    totals = []
    for model in (lazy, steady):
        losses = [
            critic_loss(model.critic, Batch(EIGHT, step=step), EIGHT.flip(0), model.config, seed()) for step in range(8)
        ]
        totals.append(sum(loss.total for loss in losses).item())
    assert totals[0] == pytest.approx(totals[1], rel=1e-5)


def test_the_generator_loss_is_the_formula_and_says_how_much_fakes_differ() -> None:
    model = small_model("gan")
    critic = model.critic
    fakes = (0.5 * EIGHT + 0.2).requires_grad_()
    found = generator_loss(critic, Batch(EIGHT), fakes, model.config)
    torch.testing.assert_close(found.total, relativistic(critic(fakes), critic(EIGHT)).mean())
    assert found.terms["spread"].item() == pytest.approx(0.5, rel=1e-4)
    collapsed = generator_loss(critic, Batch(EIGHT), EIGHT[:1].expand_as(EIGHT), model.config)
    assert collapsed.terms["spread"].item() == pytest.approx(0.0, abs=1e-5)
    alone = generator_loss(critic, Batch(EIGHT[:1]), EIGHT[:1], model.config)
    assert alone.terms["spread"].item() == 1.0, "a batch of one is no collapse"


GAMES_AT_TWO_AND_MINUS_ONE = {
    "relativistic": (math.log1p(math.exp(-3)), math.log1p(math.exp(3))),
    "non_saturating": (math.log1p(math.exp(-2)) + math.log1p(math.exp(-1)), math.log1p(math.exp(1))),
    "hinge": (0.0, 1.0),
    "wasserstein": (-3.0, 1.0),
}


class Told(nn.Module):
    """A critic that says 2 of bright images and -1 of dark ones."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return 3 * images.flatten(1).mean(1) - 1


@pytest.mark.parametrize("game", GAMES_AT_TWO_AND_MINUS_ONE)
def test_every_game_is_its_formula(game: str) -> None:
    config = small_config("gan", game=game)
    batch, fakes = Batch(torch.ones(4, 1, 4, 4), step=1), torch.zeros(4, 1, 4, 4)
    critic, generator = GAMES_AT_TWO_AND_MINUS_ONE[game]
    found = critic_loss(Told(), batch, fakes, config, seed())
    assert found.total.item() == pytest.approx(critic, abs=1e-6)
    gap = "distance" if game == "wasserstein" else "logit_gap"
    assert found.terms[gap].item() == pytest.approx(3.0)
    assert generator_loss(Told(), batch, fakes, config).total.item() == pytest.approx(generator, abs=1e-6)


def test_the_unit_slope_penalty_is_taken_between_real_and_fake_at_its_beat() -> None:
    config = small_config("gan", game="wasserstein", penalty=0.0, unit_slope_penalty=10.0, penalty_every=4)
    batch, fakes = Batch(torch.ones(4, 1, 4, 4)), torch.zeros(4, 1, 4, 4)
    slope = 3 / math.sqrt(16)
    found = critic_loss(Told(), batch, fakes, config, seed())
    assert found.terms["unit_slope"].item() == pytest.approx((slope - 1) ** 2, rel=1e-5)
    assert found.total.item() == pytest.approx(-3 + 4 * 10 * (slope - 1) ** 2, rel=1e-5)
    assert "unit_slope" not in critic_loss(Told(), replace(batch, step=1), fakes, config, seed()).terms


@pytest.mark.parametrize("game", GAMES_AT_TWO_AND_MINUS_ONE)
@pytest.mark.parametrize("family", ["gan", "ali", "vaegan"])
def test_every_game_is_played_in_every_family(family: str, game: str) -> None:
    model = small_model(family, game=game, unit_slope_penalty=1.0)
    ticks: list[Any] = []
    Loop(model, small_recipe(images=24, log_images=24), feed(), seed=0).run(ticks.append, lambda: None)
    assert all(math.isfinite(value) for value in ticks[-1].terms.values())
    assert "critic/unit_slope" in ticks[-1].terms


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"game": "chess"}, "got 'chess'"),
        ({"game": "wasserstein", "penalty": 0.0}, "nothing holds the critic"),
        ({"penalty_terms": "r3"}, r"penalty_terms is one of r1\+r2, r1, r2, got 'r3'"),
        ({"penalty_terms": "r1", "penalty": 0.0}, "penalty_terms is r1, but its weight, penalty, is 0"),
        ({"unit_slope_penalty": -1.0}, "unit_slope_penalty is a number from 0 on"),
    ],
)
def test_games_that_are_none_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        small_config("gan", **options)


def test_a_batch_of_one_is_finite() -> None:
    model = small_model("gan")
    found = generator_loss(model.critic, Batch(EIGHT[:1]), EIGHT[1:2], model.config)
    assert all(term.isfinite() for term in found.terms.values())


# Autoencoders


def test_the_vae_loss_is_the_formula() -> None:
    model = small_model("vae")
    latent = model.encode(EIGHT)
    outputs = model.decoder(latent.sample(seed()))
    wanted = (calibrated_gaussian(EIGHT, outputs).mean() + latent.cost().mean()) / 256
    found = loss_of(model)
    torch.testing.assert_close(found.total, wanted)
    torch.testing.assert_close(found.terms["rate_nats"], latent.cost().mean())
    torch.testing.assert_close(found.terms["mse"], (EIGHT - outputs).square().mean())


def test_a_fixed_sigma_and_a_kl_weight_do_what_they_say() -> None:
    model = small_model("vae", sigma=0.5, kl_weight=3.0)
    latent = model.encode(EIGHT)
    outputs = model.decoder(latent.sample(seed()))
    wanted = (fixed_gaussian(EIGHT, outputs, 0.5).mean() + 3.0 * latent.cost().mean()) / 256
    torch.testing.assert_close(loss_of(model).total, wanted)


@pytest.mark.parametrize(
    ("options", "sigma", "ratio"),
    [
        ({}, 0.1, 1.0),
        ({"kl_weight": 4.0}, 0.2, 2.0),
        ({"sigma": 0.5}, 0.5, 5.0),
        ({"sigma": 0.5, "kl_weight": 4.0}, 1.0, 10.0),
    ],
)
def test_the_effective_sigma_is_always_said(options: dict[str, float], sigma: float, ratio: float) -> None:
    model = small_model("vae", **options)
    assert model.facts() == {}
    model.track_mse(torch.tensor(0.01))
    assert model.facts() == pytest.approx({"decoder_sigma": sigma, "decoder_sigma_over_rmse": ratio})


@pytest.mark.parametrize(("options", "mse"), [({"kl_weight": 0.0}, 0.01), ({}, 0.0), ({"sigma": 0.5}, 0.0)])
def test_no_sigma_is_said_where_there_is_no_rate_or_no_error(options: dict[str, float], mse: float) -> None:
    model = small_model("vae", **options)
    model.track_mse(torch.tensor(mse))
    assert model.facts() == {}


def test_the_mse_of_training_is_followed() -> None:
    model = small_model("ae")
    assert model.mse < 0
    model.track_mse(torch.tensor(0.5))
    assert model.mse.item() == 0.5
    for _ in range(400):
        model.track_mse(torch.tensor(0.1))
    assert model.mse.item() == pytest.approx(0.1, rel=1e-2)


def test_the_autoencoder_has_the_gradient_of_the_squared_error_over_twice_the_mse() -> None:
    model = small_model("ae")
    mine = list(model.players()[0].objective.parameters())
    found = torch.autograd.grad(loss_of(model).total, mine)
    mse = (model.decoder(model.encode(EIGHT).mode) - EIGHT).square().mean()
    wanted = torch.autograd.grad(mse / (2 * mse.detach()), mine)
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-7)


def test_the_adversarial_decoder_is_pulled_by_the_pixels_as_it_is_told() -> None:
    model = small_model("adversarial_decoder", pixel_weight=0.0)
    pulled = small_model("adversarial_decoder", pixel_weight=0.7)
    free, held = (loss_of(m, player=1) for m in (model, pulled))
    expected = 0.7 * free.terms["mse"] / model.base.mse
    torch.testing.assert_close(held.total - free.total, expected)


def test_nothing_of_the_adversarial_decoder_leads_back_into_the_frozen_code() -> None:
    """Not even where somebody switched the base's gradients on."""
    model = small_model("adversarial_decoder").requires_grad_(True)
    for step, player in itertools.product((0, 1), model.players()):
        player.objective(Batch(EIGHT, step=step), seed()).total.backward()
    found = names_with_gradient(model)
    assert {name.split(".")[0] for name in found} == {"critic", "decoder"}


def test_the_rate_of_a_collapsed_posterior_is_nothing() -> None:
    model = small_model("vae")
    with torch.no_grad():
        model.encoder.head[-1].weight.zero_()
        model.encoder.head[-1].bias.zero_()
    terms = loss_of(model).terms
    assert terms["rate_nats"].item() == pytest.approx(0.0, abs=1e-6)
    assert terms["active_units"].item() == 0.0
    assert math.isfinite(terms["mse"].item())


def test_a_player_that_plays_every_other_step_does() -> None:
    from acutance.models import Model as AnyModel

    model = small_model("ae")
    (player,) = model.players()

    class Lazy(AnyModel):
        def __init__(self) -> None:
            super().__init__(model.config, model.shape)
            self.inner = model

        def players(self) -> tuple[Player, ...]:
            return (replace(player, every=2),)

    lazy, moved = Lazy(), []
    loop = Loop(lazy, small_recipe(images=48, log_images=8), feed(), seed=0)
    last = weights(lazy)
    for _ in range(6):
        loop._one_step()
        moved.append(not all(torch.equal(last[name], value) for name, value in weights(lazy).items()))
        last = weights(lazy)
    assert moved == [True, False, True, False, True, False]
