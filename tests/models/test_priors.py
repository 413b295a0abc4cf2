"""Priors fitted to codes of known distribution, kept on disk, and drawn from through any autoencoder."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from small_models import SHAPE, images_of, small_model
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from acutance.errors import ConfigError, InputError, SubjectError
from acutance.models import (
    Autoencoder,
    Generates,
    HasPrior,
    WithPrior,
    codes_of,
    draws,
    fit_prior,
    load_prior,
    save_prior,
)
from acutance.models._prior import PRIORS
from acutance.models._priors.mixture import Mixture, expectation_maximisation
from acutance.nn.latents import Codes
from acutance.rng import rng_for
from acutance.subjects.python import adapted

every_prior = pytest.mark.parametrize("kind", PRIORS.names())


def two_clusters(n: int = 4000, seed: int = 0) -> Tensor:
    """A third at (-2, 0), narrow; two thirds at (2, 1), tilted."""
    return _drawn(n, seed)


def _truth() -> MixtureSameFamily:
    spread = torch.tensor([[[0.1, 0.0], [0.0, 0.1]], [[0.5, 0.3], [0.3, 0.4]]], dtype=torch.float64)
    means = torch.tensor([[-2.0, 0.0], [2.0, 1.0]], dtype=torch.float64)
    weights = torch.tensor([1 / 3, 2 / 3], dtype=torch.float64)
    return MixtureSameFamily(Categorical(weights), MultivariateNormal(means, spread))


def _drawn(n: int, seed: int) -> Tensor:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        drawn: Tensor = _truth().sample((n,))
    return drawn


def test_a_mixture_finds_the_one_that_made_the_latents() -> None:
    weights, means, covariances = expectation_maximisation(two_clusters(), 2, rng_for(0))
    order = means[:, 0].argsort()
    truth = _truth()
    torch.testing.assert_close(weights[order], truth.mixture_distribution.probs, atol=0.02, rtol=0)
    torch.testing.assert_close(means[order], truth.component_distribution.mean, atol=0.05, rtol=0)
    torch.testing.assert_close(covariances[order], truth.component_distribution.covariance_matrix, atol=0.05, rtol=0)


def test_a_mixture_has_the_mean_and_covariance_of_the_latents_exactly() -> None:
    """True of every step that maximises, wherever it began."""
    places = torch.randn(300, 3, generator=rng_for(0), dtype=torch.float64) ** 3
    weights, means, covariances = expectation_maximisation(places, 4, rng_for(1))
    torch.testing.assert_close((weights[:, None] * means).sum(0), places.mean(0))
    centred = means - places.mean(0)
    whole = (weights[:, None, None] * (covariances + centred[:, :, None] * centred[:, None])).sum(0)
    torch.testing.assert_close(whole, torch.cov(places.mT, correction=0), rtol=1e-4, atol=1e-4)


def log_density(prior: Mixture, latents: Tensor) -> Tensor:
    """Of whitened latents, by torch's own mixture."""
    parts = MultivariateNormal(prior.means, prior.factors @ prior.factors.mT)
    told: Tensor = MixtureSameFamily(Categorical(prior.weights), parts).log_prob(prior.frame.inside(latents))
    return told


def test_its_density_is_nearly_the_truth() -> None:
    latents = two_clusters(4000).float()
    prior = fit_prior(latents, "mixture", components=2)
    assert isinstance(prior, Mixture)
    fresh = _drawn(4000, 7)
    scale = prior.frame.scales.log().sum()
    told = (log_density(prior, fresh.float()) - scale).mean().item()
    assert told == pytest.approx(_truth().log_prob(fresh).mean().item(), abs=0.02)


def test_more_components_than_one_are_worth_it_where_there_are_two() -> None:
    latents, fresh = two_clusters(1000).float(), _drawn(1000, 7).float()
    level = {k: fit_prior(latents, "mixture", components=k) for k in (1, 2)}
    densities = {k: log_density(prior, fresh).mean() for k, prior in level.items() if isinstance(prior, Mixture)}
    assert densities[2] > densities[1] + 0.5


def energy_distance(a: Tensor, b: Tensor) -> float:
    """0 where both are distributed alike."""
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


@every_prior
def test_its_draws_are_distributed_as_the_latents_are(kind: str) -> None:
    """A Gaussian of the same mean and covariance is not: it is farther away."""
    latents = two_clusters(1500).float()
    drawn = fit_prior(latents, kind).sample(2000, rng_for(5))
    fresh = _drawn(2000, 7).float()
    gaussian = MultivariateNormal(latents.mean(0), torch.cov(latents.mT))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        plain = energy_distance(gaussian.sample((2000,)), fresh)
    assert energy_distance(drawn, fresh) < plain / (5 if kind == "mixture" else 3)


def test_maps_of_latents_keep_their_shape_mean_and_spread() -> None:
    latents = torch.randn(600, 3, 2, 2, generator=rng_for(0)) * torch.linspace(0.1, 3, 12).view(3, 2, 2) + 5
    prior = fit_prior(latents, "mixture")
    drawn = prior.sample(4000, rng_for(1))
    assert drawn.dtype == torch.float32
    assert drawn.shape[1:] == latents.shape[1:] == prior.latent
    torch.testing.assert_close(drawn.mean(0), latents.mean(0), atol=0.3, rtol=0)
    torch.testing.assert_close(drawn.std(0), latents.std(0), atol=0.05, rtol=0.2)


def test_what_varies_least_of_many_numbers_is_white_noise() -> None:
    """400 numbers and 300 latents: fewer directions than numbers, and still the whole variance."""
    latents = torch.randn(1200, 400, generator=rng_for(0)) * torch.linspace(2, 0.5, 400)
    prior = fit_prior(latents, "mixture", components=1)
    assert isinstance(prior, Mixture)
    assert prior.frame.kept == 256
    drawn = prior.sample(1200, rng_for(1))
    assert drawn.var(0).sum().item() == pytest.approx(latents.var(0).sum().item(), rel=0.03)


@every_prior
def test_fitting_is_a_function_of_seed_and_latents_and_leaves_torchs_stream_alone(kind: str) -> None:
    latents = torch.randn(80, 4, generator=rng_for(0))
    state = torch.random.get_rng_state()
    drawn = [fit_prior(latents, kind, seed=seed).sample(5, rng_for(1)) for seed in (0, 0)]
    assert torch.equal(drawn[0], drawn[1])
    assert torch.equal(torch.random.get_rng_state(), state)


@every_prior
def test_what_is_kept_comes_back(kind: str, tmp_path: Path) -> None:
    prior = fit_prior(torch.randn(80, 2, 2, 2, generator=rng_for(0)), kind)
    save_prior(prior, tmp_path / "prior.safetensors")
    again = load_prior(tmp_path / "prior.safetensors")
    assert type(again) is type(prior)
    assert torch.equal(again.sample(9, rng_for(1)), prior.sample(9, rng_for(1)))
    assert [file.name for file in tmp_path.iterdir()] == ["prior.safetensors"]


def test_files_that_are_no_priors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="there is no prior"):
        load_prior(tmp_path / "nothing.safetensors")
    (tmp_path / "torn.safetensors").write_bytes(b"12345")
    with pytest.raises(SubjectError, match="damaged"):
        load_prior(tmp_path / "torn.safetensors")
    small_model("ae").save_pretrained(tmp_path / "run")
    with pytest.raises(SubjectError, match="is no prior"):
        load_prior(tmp_path / "run" / "model.safetensors")


@pytest.mark.parametrize(
    ("latents", "kind", "components", "said"),
    [
        (torch.zeros(1, 3), "mixture", None, "two images at least"),
        (torch.full((9, 3), torch.nan), "second_stage", None, "finite codes"),
        (torch.randn(9, 3), "mixture", 10, "1 to 9 components, got 10"),
        (torch.randn(9, 3), "mixture", 0, "got 0"),
        (torch.randn(9, 3), "second_stage", 3, "no components"),
        (torch.randn(9, 3), "mixtures", None, "did you mean 'mixture'"),
    ],
)
def test_what_cannot_be_fitted_is_refused(latents: Tensor, kind: str, components: int | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        fit_prior(latents, kind, components=components)
    assert issubclass(ConfigError, InputError)


def test_latents_that_do_not_vary_are_a_point() -> None:
    drawn = fit_prior(torch.full((50, 3), 2.0), "mixture").sample(4, rng_for(0))
    torch.testing.assert_close(drawn, torch.full((4, 3), 2.0), atol=1e-3, rtol=0)


# Through a model


@pytest.mark.parametrize(
    ("family", "kind"),
    [("ae", "mixture"), ("spatial_vae", "mixture"), ("flow_decoder", "mixture"), ("vae", "second_stage")],
)
def test_any_autoencoder_draws_samples_with_it(family: str, kind: str) -> None:
    model = small_model(family).eval()
    assert isinstance(model, Autoencoder)
    codes = codes_of(model, torch.split(images_of(60), 20))
    assert codes.shape == (60, *model.latent_shape)
    both = WithPrior(model, fit_prior(codes, kind))
    assert isinstance(both, Generates)
    assert isinstance(both, HasPrior)
    images = torch.cat(list(draws(both, 70, seed=1)))
    assert images.shape == (70, *SHAPE)
    assert torch.equal(images[:5], torch.cat(list(draws(both, 5, seed=1))))
    assert both.prior(3, rng_for(0)).shape == (3, *model.latent_shape)


def test_a_model_made_elsewhere_does_too() -> None:
    """And the samples have the mean of what was encoded."""
    weight = torch.randn(256, 6, generator=rng_for(0)).div(16)
    thing = SimpleNamespace(
        encode=lambda images: (images.flatten(1) - 0.5) @ weight,
        decode=lambda z: (z @ weight.T).view(-1, *SHAPE) + 0.5,
    )
    model = adapted(thing).model
    images = 0.3 * images_of(200) + 0.3
    codes = codes_of(model, [images])  # type: ignore[arg-type]
    both = WithPrior(model, fit_prior(codes, "mixture"))  # type: ignore[arg-type]
    drawn = torch.cat(list(draws(both, 400, seed=0)))
    with torch.no_grad():
        wanted = model.decode(codes).mean(0)  # type: ignore[attr-defined]
    assert (drawn.mean(0) - wanted).abs().max() < 0.03


def test_codes_are_draws_of_the_posterior_the_same_for_a_seed() -> None:
    model = small_model("vae").eval()
    assert isinstance(model, Autoencoder)
    first, again, other = (codes_of(model, [images_of(8)], seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    ("family", "changed"),
    [
        ("vqvae", {"quantiser": "codebook"}),
        ("vqvae", {"quantiser": "residual", "depth": 2}),
        ("vqvae", {"quantiser": "scalar"}),
        ("vqvae", {"quantiser": "signs"}),
        ("vaegan", {"latent": "codes"}),
    ],
    ids=str,
)
def test_draws_for_a_codebook_are_entries_of_it(family: str, changed: dict[str, object]) -> None:
    """And what an encoder wrote is put where its own quantiser puts it."""
    model = small_model(family, **changed).eval()
    assert isinstance(model, Autoencoder)
    images = images_of(60)
    with torch.no_grad():
        codes = model.encode(images)
        values = codes_of(model, torch.split(images, 20))
        assert isinstance(codes, Codes)
        assert not torch.equal(values, codes.quantized)
        torch.testing.assert_close(model.nearest_code(values), codes.quantized)
        drawn = WithPrior(model, fit_prior(values, "mixture")).prior(5, rng_for(0))
        assert not torch.equal(drawn, fit_prior(values, "mixture").sample(5, rng_for(0)))
        if changed.get("quantiser") != "residual":  # what one book left is coded anew, sums of entries need not return
            torch.testing.assert_close(model.nearest_code(drawn), drawn)


def test_codes_of_a_model_made_elsewhere_need_its_own_way_to_them() -> None:
    codes = Codes(torch.zeros(8, 2), torch.zeros(8, 2), torch.zeros(8, 1, dtype=torch.long), 4)
    model = adapted(SimpleNamespace(encode=lambda images: codes, decode=lambda z: z)).model
    with pytest.raises(InputError, match=r"nearest_code\(latents\)"):
        codes_of(model, [images_of(8)])  # type: ignore[arg-type]
