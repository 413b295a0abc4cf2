"""The autoencoder with a critic: what pulls at what, and when."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from ddp_parts import feed
from small_models import SHAPE, differing, images_of, small_config, small_model, small_recipe, weights

from acutance.errors import ConfigError
from acutance.measure import SqueezeNet
from acutance.measure.perceptual_distance import PerceptualDistance
from acutance.models import Batch, Loss
from acutance.models._feature_net import taps_of
from acutance.models.vaegan import VAEGAN
from acutance.objectives.balance import adaptive_weight, with_gradient
from acutance.objectives.gaussian import calibrated_gaussian
from acutance.objectives.perceptual import perceptual_distance
from acutance.train import Loop

EIGHT = images_of(8)
LATENTS = ("gaussian", "codes")
every_latent = pytest.mark.parametrize("latent", LATENTS)


def bright(images: torch.Tensor) -> torch.Tensor:
    """A feature network of one map: what `python:` names in these tests."""
    return torch.cat([images, 1 - images], dim=1)


NAMES = f"python:{__name__}:bright"


def seed(n: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(n)


def model_of(latent: str = "gaussian", **changes: Any) -> VAEGAN:
    model = small_model("vaegan", latent=latent, **changes)
    assert isinstance(model, VAEGAN)
    return model


def loss_of(model: VAEGAN, player: int = 1, step: int = 0) -> Loss:
    found: Loss = model.players()[player].objective(Batch(EIGHT, step=step), seed())
    return found


def run(model: VAEGAN, **changes: Any) -> list[Any]:
    ticks: list[Any] = []
    Loop(model, small_recipe(**{"log_images": 8, **changes}), feed(), seed=0).run(ticks.append, lambda: None)
    return ticks


# Nothing leaks


@every_latent
@pytest.mark.parametrize("step", [0, 1])
def test_each_players_loss_has_no_way_into_the_other(latent: str, step: int) -> None:
    """The autoencoder's gradient passes through the critic and the feature network and stays with neither."""
    for player in (0, 1):
        model = model_of(latent).requires_grad_(True)
        mine = model.players()[player].objective
        expected = {id(parameter) for parameter in mine.parameters()}
        critic = [parameter.requires_grad_(player == 0) for parameter in model.critic.parameters()]
        mine(Batch(EIGHT, step=step), seed()).total.backward()
        reached = {id(parameter) for parameter in model.parameters() if parameter.grad is not None}
        assert reached == expected
        assert (reached & {id(parameter) for parameter in critic} != set()) is (player == 0)


@every_latent
def test_one_players_turn_leaves_the_others_weights(latent: str) -> None:
    for turn, name in ((0, "critic"), (1, "autoencoder")):
        model = model_of(latent)
        before = weights(model)
        loop = Loop(model, small_recipe(images=24), feed(), seed=0)
        loop.sides = [loop.sides[turn]]
        loop.run(lambda now: None, lambda: None)
        moved = differing(before, weights(model))
        assert moved
        assert all(part.startswith("critic.") is (name == "critic") for part in moved)


def test_the_feature_network_is_no_part_of_the_model() -> None:
    assert not [name for name in weights(model_of(perceptual_weight=1.0)) if "squeeze" in name or "fire" in name]


def test_the_perceptual_loss_has_a_gradient_in_the_outputs_alone() -> None:
    images, outputs = EIGHT.clone().requires_grad_(), (0.5 * EIGHT + 0.2).requires_grad_()
    perceptual_distance(images, outputs, SqueezeNet(32).taps).sum().backward()
    assert images.grad is None
    assert outputs.grad is not None
    assert all(gradient.abs().sum() > 0 for gradient in outputs.grad)


# The critic's time


def test_the_critic_learns_before_it_is_used_and_says_nothing_before_it_learns() -> None:
    model = model_of(critic_from_step=3, adversarial_from_step=6)
    ticks = run(model, images=80)
    critic = ["critic/adversarial" in tick.terms for tick in ticks]
    used = ["autoencoder/adversarial" in tick.terms for tick in ticks]
    assert critic == [step >= 3 for step in range(10)]
    assert used == [step >= 6 for step in range(10)]


def test_until_it_is_used_the_critic_changes_nothing() -> None:
    """Two runs that differ in the critic alone have the same autoencoder up to there."""
    early, late = (model_of(critic_from_step=start, adversarial_from_step=5) for start in (0, 4))
    for model in (early, late):
        run(model, images=40)
    apart = differing(weights(early), weights(late))
    assert apart
    assert all(name.startswith("critic.") for name in apart)


def test_a_critic_that_would_be_used_before_it_learns_is_refused() -> None:
    with pytest.raises(ConfigError, match="it has to learn before it is used"):
        model_of(critic_from_step=5, adversarial_from_step=4)


# The weights


def test_a_training_that_ends_before_the_critic_is_used_says_so() -> None:
    model = small_model("vaegan", critic_from_step=4, adversarial_from_step=8)
    assert model.unused_within(9) == ""
    assert "the critic is used from step 8 on and this training has 8, so it learns only" in model.unused_within(8)
    assert "does not even learn" in model.unused_within(4)
    assert small_model("vaegan", adversarial_from_step=8, adversarial_weight=0.0).unused_within(4) == ""


def test_the_loss_is_the_formula() -> None:
    options = {"perceptual_weight": 0.7, "pixel_weight": 0.3, "adversarial_weight": 0.5, "kl_weight": 2.0}
    model = model_of(**options)
    latent = model.encode(EIGHT)
    outputs = model.decoder(latent.sample(seed()))
    reconstruction = 0.3 * calibrated_gaussian(EIGHT, outputs).mean() / 256
    reconstruction = reconstruction + 0.7 * perceptual_distance(EIGHT, outputs, SqueezeNet(32).taps).mean()
    adversarial = torch.nn.functional.softplus(model.critic(EIGHT) - model.critic(outputs)).mean()
    last = model.decoder.last.weight
    ours, theirs = (torch.autograd.grad(x, last, retain_graph=True)[0] for x in (reconstruction, adversarial))
    weight = 0.5 * ours.norm() / (theirs.norm() + 1e-6)
    wanted = reconstruction + weight.detach() * adversarial + 2.0 * latent.cost().mean() / 256
    found = loss_of(model)
    torch.testing.assert_close(found.total, wanted)
    torch.testing.assert_close(found.terms["adversarial_weight"], weight)
    mine = list(model.players()[1].objective.parameters())
    for a, b in zip(torch.autograd.grad(found.total, mine), torch.autograd.grad(wanted, mine), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-6)


def test_at_the_last_layer_the_critic_pulls_as_hard_as_it_is_told() -> None:
    whole, alone = model_of(adversarial_weight=0.25), model_of(adversarial_weight=0.0)
    both, one = (torch.autograd.grad(loss_of(m).total, m.decoder.last.weight)[0] for m in (whole, alone))
    assert (both - one).norm() == pytest.approx(0.25 * one.norm().item(), rel=1e-3)


def test_the_adaptive_weight_is_bounded_where_the_critic_says_nothing() -> None:
    assert adaptive_weight(torch.ones(4), torch.zeros(4)) == 1e4
    assert adaptive_weight(torch.ones(4), torch.full((4,), 2.0)) == pytest.approx(0.5, rel=1e-5)


def test_a_value_with_a_gradient_has_both() -> None:
    outputs = torch.tensor([1.0, 2.0], requires_grad=True)
    made = with_gradient(torch.tensor(7.0), outputs, torch.tensor([3.0, -1.0]))
    assert made.item() == 7.0
    assert torch.autograd.grad(made, outputs)[0].tolist() == [3.0, -1.0]


def test_the_gradient_is_the_slope() -> None:
    """Against finite differences, the adaptive weight held: in float64, along the gradient."""
    model = model_of(perceptual_net=NAMES, sigma=0.3).double()
    images = EIGHT.double()
    objective = model.players()[1].objective
    mine = list(objective.parameters())
    found = objective(Batch(images), seed())
    gradient = torch.autograd.grad(found.total, mine)
    weight = found.terms["adversarial_weight"].item()

    def value() -> float:
        terms = objective(Batch(images), seed()).terms
        nats = terms["mse"].item() / (2 * 0.3**2)
        rate = terms["rate_nats"].item() / 256
        return nats + terms["perceptual"].item() + weight * terms["adversarial"].item() + rate

    length = math.sqrt(sum(g.square().sum().item() for g in gradient))
    ends = []
    for way in (1, -2):  # a step up the slope, two back
        with torch.no_grad():
            for parameter, g in zip(mine, gradient, strict=True):
                parameter.add_(g, alpha=way * 1e-4 / length)
        ends.append(value())
    assert (ends[0] - ends[1]) / 2e-4 == pytest.approx(length, rel=1e-3)


# The perceptual distance


def test_the_perceptual_loss_is_the_measure() -> None:
    other = images_of(8, seed=3)
    told = PerceptualDistance().score(EIGHT, other)
    torch.testing.assert_close(perceptual_distance(EIGHT, other, SqueezeNet(64).taps), told)
    assert perceptual_distance(EIGHT, EIGHT, SqueezeNet(64).taps).abs().max() < 1e-6


def test_any_function_can_be_the_feature_network() -> None:
    taps = taps_of(NAMES, (1, 4, 4))
    half = torch.full((2, 1, 4, 4), 0.5)
    angle = perceptual_distance(torch.ones_like(half), half, taps)
    torch.testing.assert_close(angle, torch.full((2,), 2 - math.sqrt(2.0)))
    assert loss_of(model_of(perceptual_net=NAMES)).terms["perceptual"] > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"perceptual_net": "vgg"}, "got 'vgg'"),
        (
            {"perceptual_net": "python:nowhere:net"},
            "'python:nowhere:net': there is no module 'nowhere'",
        ),
        ({"perceptual_net": "python:math:pi"}, "is a float, which cannot be called"),
        ({"perceptual_net": "python:math:sqrt"}, r"fails on images \(2, 1, 16, 16\): .*"),
        ({"perceptual_net": "python:builtins:len"}, "makes a int of images"),
        ({"pixel_weight": 0.0, "perceptual_weight": 0.0}, "judged by something"),
        ({"perceptual_weight": -1.0}, "perceptual_weight is a number from 0 on"),
        ({"sigma": "learned"}, "sets the scale"),
        ({"sigma": 0.0}, "sigma is 'calibrated', 'learned' or a positive number"),
        ({"adversarial_weight": math.inf}, "adversarial_weight is a number from 0 on"),
        ({"kl_weight": -1.0}, "kl_weight is a number from 0 on"),
        ({"latent": "vector"}, "latent is gaussian or codes, got 'vector'"),
    ],
)
def test_wrong_settings_are_refused_in_words(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        small_config("vaegan", **options).build(SHAPE).players()


@every_latent
def test_eight_images_are_learnt_by_heart_with_a_critic_from_the_start(latent: str) -> None:
    model = model_of(latent)
    loop = Loop(model, small_recipe(images=1280, warmup_images=80, learning_rate=5e-3), feed(8), seed=0)
    loop.run(lambda now: None, lambda: None)
    spread = (EIGHT - EIGHT.mean(0)).square().mean()
    assert (loop.ema.average.reconstruct(EIGHT) - EIGHT).square().mean() < 0.1 * spread


@every_latent
def test_codes_learn_and_gaussians_draw(latent: str) -> None:
    model = model_of(latent)
    before = weights(model)
    run(model, images=24)
    changed = [name for name in differing(before, weights(model)) if name.startswith("bottleneck.")]
    assert bool(changed) is (latent == "codes")
    assert hasattr(model, "prior") is (latent == "gaussian")


def test_players_and_steps_are_independent_of_what_was_asked_before() -> None:
    model = model_of()
    totals = [loss_of(model, player, step).total.item() for player, step in itertools.product((0, 1), (0, 1))]
    again = [loss_of(model, player, step).total.item() for player, step in itertools.product((0, 1), (0, 1))]
    assert totals == again
