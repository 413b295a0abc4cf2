"""Autoencoders trained from scratch by likelihoods with a scale or weights of their own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from ddp_parts import feed
from safetensors.torch import load_file, save_file
from small_models import SHAPE, images_of, small_model, small_recipe
from torch import Tensor
from torch.distributions import Distribution, Laplace, Normal

from acutance.errors import ConfigError
from acutance.models import Autoencoder, Batch, HasLikelihood, from_pretrained
from acutance.models._likelihood import Coloured
from acutance.models._states_likelihood import StatesLikelihood
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


@torch.no_grad()
def decoded(model: StatesLikelihood) -> Tensor:
    outputs: Tensor = model.decoder(model.encode(EIGHT).mode)
    return outputs


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
    for part in model.modules():
        if isinstance(part, Coloured):
            part.steps.fill_(1000)  # it has its colour from the start
    before = copy.deepcopy(model)
    started = {name: value.clone() for name, value in model.state_dict().items()}
    trained(model, 160)
    before.eval().stated().load_state_dict(model.stated().state_dict())
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


def test_what_a_mixture_shows_is_the_mean_of_its_draws() -> None:
    """Icons lie on the outermost levels, where the mixture's own mean is another: up to .1 away after this training."""
    model = trained(built("ae", "logistic_mixture"), 400)
    code = model.encode(EIGHT).mode[:1]
    with torch.no_grad():
        shown, outputs = model.decode(code), model.decoder(code).float()
        drawn = model.sample_likelihood(code.repeat(20_000, 1), rng_for(0))
        copied = model.decoder_copy()(code)
    away = (drawn.mean(0, keepdim=True) - shown) / (drawn.std(0) / 20_000**0.5 + 1e-4)
    assert away.square().mean() < 1.5
    assert (outputs.clamp(0, 1) - shown).abs().max() > 0.05
    torch.testing.assert_close(copied, shown)


def test_draws_of_the_coloured_one_lie_around_what_is_shown_and_have_its_power() -> None:
    model = built("spatial_vae", "coloured")
    stated = model.stated()
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


LAWS: dict[str, Callable[[Tensor, float], Distribution]] = {
    "gaussian": Normal,
    "laplace": lambda shown, sigma: Laplace(shown, sigma / 2**0.5),
}
every_law = pytest.mark.parametrize("likelihood", LAWS)


@every_law
def test_one_of_a_stated_sigma_is_a_density_too(likelihood: str) -> None:
    """The VAE's at the scale of its optimum: sigma sqrt(w) of squares, b w of absolute values (T9)."""
    heavy = 0.2 * (8**0.5 if likelihood == "gaussian" else 8)
    for family, sigma in (("ae", 0.2), ("vqvae", 0.2), ("vae", heavy)):
        weights = {"kl_weight": 4.0, "pixel_weight": 0.5} if family == "vae" else {}
        model = built(family, likelihood, sigma=0.2, **weights).eval()
        truth = LAWS[likelihood](decoded(model), sigma)
        torch.testing.assert_close(nats(model), -truth.log_prob(EIGHT).flatten(1).sum(1))


@every_law
@pytest.mark.parametrize("family", FAMILIES)
def test_a_calibrated_one_has_the_scale_of_its_training(likelihood: str, family: str, tmp_path: Path) -> None:
    model = built(family, likelihood)
    mae, mse = (decoded(model) - EIGHT).abs().mean(), (decoded(model) - EIGHT).square().mean()
    model.players()[0].objective(Batch(EIGHT), rng_for(0))
    model.save_pretrained(tmp_path)
    again = from_pretrained(tmp_path)
    assert isinstance(again, StatesLikelihood)
    noise = again.stated().draw(torch.full((200, *SHAPE), 0.5), rng_for(0)) - 0.5
    torch.testing.assert_close(noise, model.stated().draw(torch.full((200, *SHAPE), 0.5), rng_for(0)) - 0.5)
    if family in ("ae", "vqvae"):  # the others' loss was that of a draw of the code
        apart, wanted = (noise.square(), mse) if likelihood == "gaussian" else (noise.abs(), mae)
        torch.testing.assert_close(apart.mean(), wanted, rtol=0.02, atol=0)
    law = LAWS[likelihood](decoded(again), noise.square().mean().sqrt().item())
    torch.testing.assert_close(nats(again), -law.log_prob(EIGHT).flatten(1).sum(1), rtol=0.02, atol=1.0)


@every_law
@pytest.mark.parametrize("family", FAMILIES)
def test_one_whose_scale_nobody_knows_is_not_drawn_from(likelihood: str, family: str) -> None:
    model = built(family, likelihood).eval()
    code = model.encode(EIGHT).mode
    for ask in (lambda: model.sample_likelihood(code, rng_for(0)), lambda: model.nats(EIGHT, code)):
        with pytest.raises(ConfigError, match=f"nobody knows the decoder noise of this {family}: .* train it first"):
            ask()
    with pytest.raises(ConfigError, match="judged by features alone"):
        built(family, likelihood, pixel_weight=0.0, perceptual_weight=1.0).nats(EIGHT, code)


def test_what_was_saved_before_a_laplace_scale_was_kept_still_loads(tmp_path: Path) -> None:
    model = trained(built("vae", "laplace"), 16)
    model.save_pretrained(tmp_path)
    kept = load_file(tmp_path / "model.safetensors")
    assert kept.pop("distortion.mae") > 0
    save_file(kept, tmp_path / "model.safetensors")
    again = from_pretrained(tmp_path)
    assert isinstance(again, StatesLikelihood)
    torch.testing.assert_close(again.reconstruct(EIGHT), model.reconstruct(EIGHT))
    with pytest.raises(ConfigError, match="or before its scale was kept"):
        nats(again)


@every_likelihood
def test_a_sigma_beside_it_and_a_critic_beside_it_are_refused(likelihood: str) -> None:
    with pytest.raises(ConfigError, match=f"likelihood {likelihood} finds its own scale"):
        built("vae", likelihood, sigma=0.1)
    with pytest.raises(ConfigError, match=f"gaussian or laplace, got likelihood '{likelihood}'"):
        small_model("vaegan", likelihood=likelihood)


def test_the_usual_likelihood_adds_nothing_to_what_is_kept() -> None:
    for family in FAMILIES:
        model = small_model(family)
        assert isinstance(model, Autoencoder)
        assert not [name for name in model.state_dict() if "distortion" in name]
