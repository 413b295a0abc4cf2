"""Likelihoods around a frozen code's decoder: what each is worth in nats, and draws that are never the mean."""

from __future__ import annotations

import math

import pytest
import torch
from ddp_parts import feed
from small_models import SHAPE, images_of, small_config, small_model, small_recipe, weights
from torch import Tensor
from torch.distributions import Laplace, Normal

from acutance.errors import ConfigError, InputError
from acutance.measure._independence import independence_cost
from acutance.models import Batch, HasLikelihood, from_pretrained
from acutance.models._likelihood import LIKELIHOODS, Autoregressive, Coloured, Laplacian, Mixture, White
from acutance.models.refit_decoder import OnLikelihood
from acutance.objectives.coloured import residual_power
from acutance.rng import rng_for
from acutance.train import Loop

EIGHT = images_of(8)
every_likelihood = pytest.mark.parametrize("likelihood", LIKELIHOODS)


def model(likelihood: str) -> OnLikelihood:
    found = small_model("refit_decoder", likelihood=likelihood).eval()
    assert isinstance(found, OnLikelihood)
    return found


def trained(likelihood: str, images: int = 96) -> OnLikelihood:
    found = model(likelihood)
    loop = Loop(found, small_recipe(images=images, learning_rate=2e-3), feed(), seed=0)
    loop.run(lambda now: None, lambda: None)
    average: OnLikelihood = loop.ema.average
    return average


@every_likelihood
def test_each_is_trained_and_states_finite_nats(likelihood: str) -> None:
    found = trained(likelihood)
    latents = found.encode(EIGHT).mode
    nats = found.nats(EIGHT, latents)
    assert nats.shape == (8,)
    assert nats.isfinite().all()
    before = model(likelihood)
    moved = {name for name, value in weights(found).items() if not torch.equal(value, weights(before)[name])}
    assert any(name.startswith("likelihood") for name in moved)
    assert any(name.startswith("decoder") for name in moved)
    assert not any(name.startswith("base") for name in moved)


@every_likelihood
def test_training_lowers_the_nats(likelihood: str) -> None:
    images = images_of(40)
    nats = [
        m.nats(images, m.encode(images).mode).mean().item() for m in (trained(likelihood, 8), trained(likelihood, 400))
    ]
    assert nats[1] < nats[0]


@every_likelihood
def test_a_draw_is_no_mean_and_its_mean_is_what_is_shown(likelihood: str) -> None:
    found = trained(likelihood)
    assert isinstance(found, HasLikelihood)
    latents = found.encode(EIGHT).mode[:2]
    shown = found.decode(latents)
    one, again, other = (found.sample_likelihood(latents, rng_for(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert not torch.equal(one, shown)
    assert one.min() >= 0
    assert one.max() <= 1
    assert torch.equal(found.decode(latents), found.decode_anew(latents, rng_for(0)))


@every_likelihood
def test_what_is_saved_states_the_same(likelihood: str, tmp_path: object) -> None:
    found = trained(likelihood)
    found.save_pretrained(str(tmp_path))
    again = from_pretrained(str(tmp_path))
    assert isinstance(again, OnLikelihood)
    latents = found.encode(EIGHT).mode
    torch.testing.assert_close(again.nats(EIGHT, latents), found.nats(EIGHT, latents))


@pytest.mark.parametrize("likelihood", ["coloured", "laplace", "gaussian", "logistic_mixture"])
def test_the_gradient_of_the_nats_is_that_of_finite_differences(likelihood: str) -> None:
    torch.manual_seed(0)
    head = LIKELIHOODS[likelihood]((1, 4, 4)).double()
    images = (torch.rand(2, 1, 4, 4, generator=rng_for(0), dtype=torch.float64) * 255).round() / 255
    outputs = torch.rand(images.shape, generator=rng_for(1), dtype=torch.float64)
    head.note(images, outputs)
    if isinstance(head, Mixture):
        head.context.last.weight.data.normal_(0, 0.1, generator=rng_for(2))
        weight = head.context.look.weight
        step, tolerance = 1e-3, 1e-2  # its parameters are told in float32
    else:
        weight, step, tolerance = outputs.requires_grad_(), 1e-6, 1e-5
    (found,) = torch.autograd.grad(head.nats(images, outputs).sum(), weight)
    ends = []
    for move in (step, -2 * step):
        weight.data.view(-1)[3] += move
        ends.append(head.nats(images, outputs).sum().item())
    assert found.view(-1)[3].item() == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=tolerance)


def test_white_and_laplace_are_torchs_own_densities() -> None:
    outputs = torch.rand(8, *SHAPE, generator=rng_for(0))
    white, laplacian = White(), Laplacian()
    for head in (white, laplacian):
        head.note(EIGHT, outputs)
    told = -Normal(outputs, white.scale.sqrt()).log_prob(EIGHT).flatten(1).sum(1)
    torch.testing.assert_close(white.nats(EIGHT, outputs), told)
    told = -Laplace(outputs, laplacian.scale).log_prob(EIGHT).flatten(1).sum(1)
    torch.testing.assert_close(laplacian.nats(EIGHT, outputs), told)


@pytest.mark.parametrize("kind", [White, Laplacian, lambda: Coloured(SHAPE)])
def test_draws_have_the_scale_that_was_measured(kind: type[White]) -> None:
    head = kind()
    outputs = torch.full((400, *SHAPE), 0.5)
    rest = 0.1 * torch.randn(outputs.shape, generator=rng_for(0))
    images = outputs + rest + 0.5 * (rest.roll(1, -1) + rest.roll(1, -2))
    head.note(images, outputs)
    drawn = head.draw(outputs, rng_for(1))
    torch.testing.assert_close(head.measured(drawn, outputs).mean(), head.scale.mean(), rtol=0.02, atol=0)


def test_coloured_less_white_is_what_independence_costs() -> None:
    """T7, on residuals of whatever kind, each likelihood at the scale of these residuals."""
    outputs = torch.rand(64, *SHAPE, generator=rng_for(0), dtype=torch.float64)
    rest = torch.randn(outputs.shape, generator=rng_for(1), dtype=torch.float64)
    images = outputs + 0.05 * (rest + rest.roll(1, -1) + rest.roll(1, -2))
    white, coloured = White().double().eval(), Coloured(SHAPE).double().eval()
    for head in (white, coloured):
        head.note(images, outputs)
    found = (white.nats(images, outputs) - coloured.nats(images, outputs)).mean().item() / 256
    power = residual_power(images, outputs)
    often = torch.tensor([1.0, *[2.0] * 7, 1.0], dtype=torch.float64).expand_as(power)
    assert found == pytest.approx(independence_cost(power.flatten(), often.flatten(), 1e12), rel=1e-6)
    assert found > 0.1


def test_a_coloured_one_begins_white_in_training() -> None:
    """And is coloured at once outside of it, and for what was saved before steps were counted."""
    outputs = torch.rand(64, *SHAPE, generator=rng_for(0))
    rest = 0.05 * torch.randn(outputs.shape, generator=rng_for(1))
    images = outputs + rest + 0.5 * rest.roll(1, -1)
    head = Coloured(SHAPE)
    power = residual_power(images, outputs)
    white = head.known(images, outputs)
    torch.testing.assert_close(white, (images - outputs).square().mean().expand_as(power))
    head.note(images, outputs)
    assert head.steps == 1
    torch.testing.assert_close(head.eval().known(images, outputs), power)
    head.train().steps.fill_(250)
    torch.testing.assert_close(head.known(images, outputs), (white * power).sqrt())
    older = head.state_dict()
    del older["steps"]
    again = Coloured(SHAPE)
    again.load_state_dict(older)
    torch.testing.assert_close(again.known(images, outputs), power)


def head_with_weights() -> Autoregressive:
    torch.manual_seed(0)
    head = Autoregressive((2, 6, 7))
    head.context.last.weight.data.normal_(0, 0.3, generator=rng_for(0))
    return head


def test_a_pixel_knows_those_before_it_and_no_others() -> None:
    head = head_with_weights()
    outputs = torch.rand(1, 2, 6, 7, generator=rng_for(1))
    images = torch.rand(1, 2, 6, 7, generator=rng_for(2)).requires_grad_()
    _, means, _ = head.mixture(head.context.seen(outputs) + head.earlier(images - outputs), outputs)
    (seen,) = torch.autograd.grad(means[:, 0, :, 3, 4].sum(), images)
    reached = seen[0].abs().sum(0) > 0
    places = [(row, column) for row in range(6) for column in range(7) if reached[row, column]]
    assert places
    assert all((row, column) < (3, 4) for row, column in places)
    assert (3, 3) in places
    assert (2, 5) in places


def test_its_draws_are_those_of_its_own_conditionals() -> None:
    """Pixel by pixel over a padded canvas is what the whole convolution says of the finished picture."""
    head = head_with_weights()
    outputs = torch.rand(2, 2, 6, 7, generator=rng_for(1))
    with torch.no_grad():
        drawn = head.draw(outputs, rng_for(3))
        whole = head.context.seen(outputs) + head.earlier(drawn - outputs)
        canvas = head.earlier.canvas(drawn - outputs)
        for row, column in ((0, 0), (2, 3), (5, 6)):
            here = head.earlier.windows(head.earlier.window(canvas, row, column))
            there = head.context.seen(outputs)[..., row : row + 1, column : column + 1] + here
            torch.testing.assert_close(there, whole[..., row : row + 1, column : column + 1], rtol=1e-4, atol=1e-5)


def test_the_probabilities_of_all_pictures_add_up_to_one() -> None:
    """Two pixels, the second given the first: 256 x 256 pictures."""
    head = Autoregressive((1, 1, 2))
    head.context.last.weight.data.normal_(0, 0.3, generator=rng_for(4))
    head.context.last.bias.data[-5:] = -2.0  # type: ignore[union-attr]
    levels = torch.arange(256) / 255
    images = torch.cartesian_prod(levels, levels).view(-1, 1, 1, 2)
    outputs = torch.tensor([0.3, 0.8]).view(1, 1, 1, 2).expand(len(images), -1, -1, -1)
    with torch.no_grad():
        nats = head.nats(images, outputs).double()
    assert (-nats - 2 * math.log(255)).exp().sum().item() == pytest.approx(1.0, abs=1e-3)


def test_dependence_is_worth_nats() -> None:
    """Rows of one level each: the same mixture given its neighbours says more than each pixel by itself."""
    rows = torch.rand(64, 1, 8, 1, generator=rng_for(0)).expand(-1, -1, -1, 8)
    images, outputs = (rows * 255).round() / 255, torch.full((64, 1, 8, 8), 0.5)
    nats = []
    for kind in (Mixture, Autoregressive):
        torch.manual_seed(0)
        head = kind((1, 8, 8))
        adam = torch.optim.Adam(head.parameters(), lr=1e-2)
        for _ in range(60):
            adam.zero_grad()
            head.nats(images, outputs).mean().backward()
            adam.step()
        nats.append(head.nats(images, outputs).mean().item() / 64)
    assert nats[1] < nats[0] - 0.5


def test_the_mixtures_mean_is_the_decoders_output() -> None:
    head = Mixture(SHAPE)
    head.context.last.weight.data.normal_(0, 0.3, generator=rng_for(0))
    outputs = torch.rand(2, *SHAPE, generator=rng_for(1))
    logits, means, _ = head.mixture(head.context.seen(outputs), outputs)
    torch.testing.assert_close((torch.softmax(logits, 0) * means).sum(0), outputs)


def test_an_autoregressive_likelihood_leaves_the_mean_to_squared_error() -> None:
    found = model("autoregressive")
    loss = found.players()[0].objective(Batch(EIGHT), rng_for(0))
    mine = list(found.decoder.parameters())
    whole = torch.autograd.grad(loss.total, mine, retain_graph=True)
    pixels = torch.autograd.grad(loss.summands["pixels"], mine)
    for a, b in zip(whole, pixels, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("images", [torch.rand(8, 1, 16, 8), torch.rand(8, 1, 16, 16) * 2])
def test_nats_of_what_is_no_image_are_refused(images: Tensor) -> None:
    found = model("gaussian")
    with pytest.raises(InputError):
        found.nats(images, found.encode(EIGHT).mode)


def test_an_unknown_likelihood_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"likelihood is one of gaussian, laplace, coloured, .*got 'cauchy'"):
        small_config("refit_decoder", likelihood="cauchy").build(SHAPE)
