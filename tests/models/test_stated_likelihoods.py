"""Autoencoders trained from scratch by likelihoods with a scale or weights of their own."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from ddp_parts import feed
from small_models import images_of, small_model, small_recipe
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models import Autoencoder, Batch, HasLikelihood, from_pretrained
from acutance.models._distortion import StatesLikelihood
from acutance.rng import rng_for
from acutance.train import Loop

EIGHT = images_of(8)
OWN = ("coloured", "logistic_mixture", "autoregressive")
FAMILIES = ("ae", "vae", "spatial_vae", "vqvae")
every_likelihood = pytest.mark.parametrize("likelihood", OWN)


def built(family: str, likelihood: str, **changes: Any) -> StatesLikelihood:
    model = small_model(family, likelihood=likelihood, **changes)
    assert isinstance(model, StatesLikelihood)
    return model


def trained(model: StatesLikelihood, images: int) -> StatesLikelihood:
    loop = Loop(model, small_recipe(images=images, learning_rate=5e-3), feed(8), seed=0)
    loop.run(lambda now: None, lambda: None)
    return model.eval()


def nats(model: StatesLikelihood) -> Tensor:
    with torch.no_grad():
        return model.nats(EIGHT, model.encode(EIGHT).mode)


@pytest.mark.parametrize(
    ("family", "likelihood"),
    [("ae", "coloured"), ("vae", "logistic_mixture"), ("spatial_vae", "autoregressive"), ("vqvae", "coloured")],
)
def test_all_that_it_learns_moves_and_its_outputs_make_the_image_likelier(family: str, likelihood: str) -> None:
    """Both judged by the likelihood as it is after training: an untrained scale is that of the batch itself."""
    model = built(family, likelihood)
    before = copy.deepcopy(model)
    started = {name: value.clone() for name, value in model.state_dict().items()}
    trained(model, 160)
    before.eval().distortion.load_state_dict(model.distortion.state_dict())
    assert nats(model).mean() < nats(before).mean()
    still = {name for name, value in model.state_dict().items() if torch.equal(value, started[name])}
    assert not [name for name in still if name.startswith(("encoder.", "decoder.", "distortion."))]


@every_likelihood
def test_its_loss_is_what_it_says_of_the_image(likelihood: str) -> None:
    """Of an autoencoder, whose loss has nothing beside it."""
    model = trained(built("ae", likelihood), 80)
    loss = model.players()[0].objective
    terms = loss(Batch(EIGHT), rng_for(0)).terms
    torch.testing.assert_close(terms["nats_per_dim"], nats(model).mean() / EIGHT[0].numel())


@every_likelihood
def test_draws_are_told_apart_from_what_is_shown(likelihood: str) -> None:
    model = trained(built("spatial_vae", likelihood), 80)
    assert isinstance(model, HasLikelihood)
    code = model.encode(EIGHT).mode[:1].repeat(64, *[1] * 3)
    with torch.no_grad():
        shown, drawn = model.decode(code), model.sample_likelihood(code, rng_for(0))
        assert torch.equal(drawn, model.sample_likelihood(code, rng_for(0)))
        assert torch.equal(shown, model.decode(code))
    assert shown.var(0).max() < 1e-9
    assert drawn.var(0).mean() > 1e-4
    assert drawn.min() >= 0 and drawn.max() <= 1


def test_draws_of_the_coloured_one_lie_around_what_is_shown_and_have_its_power() -> None:
    model = built("spatial_vae", "coloured")
    stated = model.distortion.stated
    assert stated is not None
    power: Any = stated.get_buffer("scale")
    power.copy_(0.0004 * torch.linspace(1, 3, power.shape[-1]))  # by columns: rows have to be as their mirror images
    code = torch.zeros(4000, *model.latent_shape)
    with torch.no_grad():
        shown = model.decoder(code[:1])
        away = stated.draw(shown.expand(4000, -1, -1, -1), rng_for(0)) - shown
    torch.testing.assert_close(away.mean(0), torch.zeros_like(away[0]), atol=3e-3, rtol=0)
    found = torch.view_as_real(torch.fft.rfft2(away, norm="ortho")).square().sum(-1).mean(0)
    torch.testing.assert_close(found, power, rtol=0.15, atol=0)


@every_likelihood
def test_what_is_saved_says_the_same(likelihood: str, tmp_path: Path) -> None:
    model = trained(built("vae", likelihood), 80)
    model.save_pretrained(tmp_path)
    again = from_pretrained(tmp_path).eval()
    assert isinstance(again, StatesLikelihood)
    kept = model.state_dict()
    assert all(torch.equal(value, kept[name]) for name, value in again.state_dict().items())
    torch.testing.assert_close(nats(again), nats(model))  # weights may be laid out differently


def test_a_gaussian_of_one_sigma_is_a_density_too() -> None:
    for likelihood, law in (("gaussian", torch.distributions.Normal), ("laplace", torch.distributions.Laplace)):
        model = built("ae", likelihood, sigma=0.2).eval()
        with torch.no_grad():
            shown = model.decoder(model.encode(EIGHT).mode)
            truth = law(shown, 0.2 if likelihood == "gaussian" else 0.2 / 2**0.5)
        torch.testing.assert_close(nats(model), -truth.log_prob(EIGHT).flatten(1).sum(1))


@every_likelihood
def test_a_sigma_beside_it_and_a_critic_beside_it_are_refused(likelihood: str) -> None:
    with pytest.raises(ConfigError, match=f"a {likelihood} likelihood finds its own scale"):
        built("vae", likelihood, sigma=0.1)
    with pytest.raises(ConfigError, match=f"gaussian or laplace, got likelihood '{likelihood}'"):
        small_model("vaegan", likelihood=likelihood)


def test_the_usual_likelihood_adds_nothing_to_what_is_kept() -> None:
    for family in FAMILIES:
        model = small_model(family)
        assert isinstance(model, Autoencoder)
        assert not [name for name in model.state_dict() if "distortion" in name]
