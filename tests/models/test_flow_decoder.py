"""The flow decoder: exact where the remainder is Gaussian, drawing where asked, and its base untouched."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from ddp_parts import feed
from small_models import SHAPE, images_of, small_config, small_model, small_recipe
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.measure import noise_use
from acutance.models import Autoencoder, DecodesAnew, Generator, from_pretrained
from acutance.models.flow_decoder import OnFlow
from acutance.nn.decoder import Decoder
from acutance.nn.flow import Flow
from acutance.nn.layout import Layout
from acutance.rng import rng_for
from acutance.train import Loop

EIGHT = images_of(8)


def model() -> OnFlow:
    found = small_model("flow_decoder").eval()
    assert isinstance(found, OnFlow)
    return found


def flow_of(sigma: float = 0.3, steps: int = 7) -> Flow:
    torch.manual_seed(0)
    layout = Layout(widths=(8, 8), patch=2)
    mse = torch.tensor((sigma / 2) ** 2)
    return Flow(Decoder((3,), SHAPE, layout), SHAPE, layout, steps=steps, mse=mse).eval()


class Shrunk(nn.Module):
    """The exact velocity where the remainder is Gaussian with `wide` times the deviation that the flow assumes."""

    def __init__(self, wide: float) -> None:
        super().__init__()
        self.wide = wide

    def forward(self, state: Tensor, angle: Tensor, mean: Tensor, known: Tensor) -> Tensor:
        a = angle.view(-1, 1, 1, 1)
        w2 = self.wide**2
        slope = (w2 - 1) * a.sin() * a.cos() / (a.cos() ** 2 + w2 * a.sin() ** 2)
        return slope * state


def test_before_training_it_is_the_calibrated_gaussian() -> None:
    """Noise of the base's own deviation on the base's own mean, exactly, whatever the number of steps."""
    for steps in (1, 4, 12):
        flow = flow_of(0.3, steps)
        z = torch.randn(4, 3, generator=rng_for(0))
        noise = torch.randn(4, *SHAPE, generator=rng_for(1))
        torch.testing.assert_close(flow.along(z, noise), flow.mean(z) + 0.15 * noise, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("wide", [0.5, 2.0])
def test_the_exact_velocity_leads_to_the_exact_spread(wide: float) -> None:
    flow = flow_of(0.3, 400)
    flow.velocity = Shrunk(wide)  # type: ignore[assignment]
    z, noise = torch.zeros(2, 3), torch.randn(2, *SHAPE, generator=rng_for(1))
    torch.testing.assert_close(flow.along(z, noise) - flow.mean(z), wide * 0.15 * noise, rtol=2e-2, atol=1e-3)


@pytest.mark.parametrize("wide", [0.5, 2.0])
def test_the_exact_velocity_has_the_least_error_of_all(wide: float) -> None:
    """Of Gaussian remainders: E|x - e - v|^2 is least at the closed form, and what is left is known."""
    flow = flow_of(0.3)
    z = torch.zeros(2048, 3)
    rest = wide * 0.15 * torch.randn(2048, *SHAPE, generator=rng_for(2))
    images = flow.mean(z).detach() + rest
    errors = {}
    for factor in (0.8, 1.0, 1.25):
        flow.velocity = Shrunk(wide * factor)  # type: ignore[assignment]
        errors[factor] = flow.error(images, z, rng_for(3)).mean().item()
    assert errors[1.0] < min(errors[0.8], errors[1.25])
    s2 = (wide * 0.3) ** 2
    t = torch.linspace(0, 1, 20_001, dtype=torch.float64)
    assert errors[1.0] == pytest.approx(float((s2 / ((1 - t) ** 2 + t**2 * s2)).mean()), rel=0.05)


def test_the_error_is_that_of_the_velocity_from_noise_to_image() -> None:
    """At x_t = (1 - t) e + t x, against x - e, in plain terms (theory E)."""
    flow = flow_of(0.4)
    z = torch.randn(8, 3, generator=rng_for(0))
    found = flow.error(EIGHT, z, rng_for(5))
    generator = rng_for(5)
    t = torch.rand(8, 1, 1, 1, generator=generator)
    e = torch.randn(EIGHT.shape, generator=generator)
    x, m, s = EIGHT * 2 - 1, flow.mean(z) * 2 - 1, 0.4
    place = (1 - t) * e + t * x
    gaussian = m + (t * s**2 - (1 - t)) / ((1 - t) ** 2 + t**2 * s**2) * (place - t * m)
    torch.testing.assert_close(found, (gaussian - (x - e)).square().flatten(1).mean(1), rtol=1e-4, atol=1e-5)


def test_outputs_are_drawn_when_asked_and_stand_still_otherwise() -> None:
    flow = model()
    assert isinstance(flow, DecodesAnew)
    z = flow.encode(EIGHT).mode
    assert torch.equal(flow.decode(z), flow.decode(z))
    first, again, other = (flow.decode_anew(z, rng_for(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(first, flow.sample_likelihood(z, rng_for(0)))
    assert noise_use(EIGHT, (first, other)).reading("noise_use").value > 0.2


def test_noise_is_no_image_s_own_unless_it_is_drawn() -> None:
    flow = model()
    z = flow.encode(EIGHT[:1]).mode.expand(3, -1)
    still, drawn = flow.decode(z), flow.decode_anew(z, rng_for(0))
    torch.testing.assert_close(still[0], still[1])
    assert not torch.allclose(drawn[0], drawn[1])


def test_a_plain_decoder_decodes_anew_what_it_decodes() -> None:
    plain = small_model("vae").eval()
    assert isinstance(plain, Autoencoder)
    z = plain.encode(EIGHT).mode
    assert torch.equal(plain.decode_anew(z, rng_for(0)), plain.decode(z))


def test_training_lowers_the_error_and_leaves_the_base_alone() -> None:
    flow = model()
    base = {name: value.clone() for name, value in flow.base.state_dict().items()}
    z = flow.encode(EIGHT).mode

    def error() -> float:
        return sum(flow.decoder.error(EIGHT, z, rng_for(seed)).mean().item() for seed in range(20)) / 20

    before = error()
    Loop(flow, small_recipe(images=800, learning_rate=5e-3), feed(8), seed=0).run(lambda now: None, lambda: None)
    assert error() < 0.9 * before
    assert all(torch.equal(value, base[name]) for name, value in flow.base.state_dict().items())
    assert all(
        torch.equal(value, flow.decoder.mean.state_dict()[name])
        for name, value in flow.base.decoder.state_dict().items()
    )


def test_a_decoder_that_draws_is_no_base(tmp_path: Path) -> None:
    flow = model()
    flow.save_pretrained(str(tmp_path))
    with pytest.raises(ConfigError, match="give the autoencoder that it was itself built on"):
        small_config("flow_decoder", of=str(tmp_path)).build(SHAPE)


@pytest.mark.parametrize("decoder", ["flow_decoder", "energy_decoder", "refit_decoder"])
@pytest.mark.parametrize(("base", "has_prior"), [("ae", False), ("spatial_vae", True), ("vqvae", False)])
def test_any_of_our_autoencoders_is_a_base(decoder: str, base: str, has_prior: bool, tmp_path: Path) -> None:
    code = small_model(base)
    assert isinstance(code, Autoencoder)
    code.track_mse(torch.tensor(0.01))
    code.save_pretrained(tmp_path)
    found = small_config(decoder, of=str(tmp_path)).build(SHAPE).eval()
    assert isinstance(found, Autoencoder)
    assert isinstance(found, Generator) == has_prior
    latents = found.encode(EIGHT).mode
    assert torch.equal(latents, code.eval().encode(EIGHT).mode)
    assert found.decode_anew(latents, rng_for(0)).shape == EIGHT.shape
    Loop(found, small_recipe(images=16), feed(8), seed=0).run(lambda now: None, lambda: None)


def test_no_steps_lead_nowhere() -> None:
    with pytest.raises(ConfigError, match="at least 1; got 0"):
        small_config("flow_decoder", steps=0).build(SHAPE)


def test_an_untrained_base_has_no_error_to_begin_from(tmp_path: Path) -> None:
    small_model("vae").save_pretrained(str(tmp_path))
    with pytest.raises(ConfigError, match="never trained"):
        small_config("flow_decoder", of=str(tmp_path)).build(SHAPE).players()


def test_its_gradient_is_that_of_finite_differences() -> None:
    flow = flow_of(0.3).double()
    images, z = EIGHT[:2].double(), torch.randn(2, 3, dtype=torch.float64, generator=rng_for(0))
    flow.velocity.last.weight.data.normal_(0, 0.1, generator=rng_for(1))
    weight = flow.velocity.clock[0].weight

    def loss() -> Tensor:
        return flow.error(images, z, rng_for(2)).mean()

    (found,) = torch.autograd.grad(loss(), weight)
    for place in range(3):
        ends = []
        for step in (1e-5, -2e-5, 1e-5):
            with torch.no_grad():
                weight[place, place] += step
                ends.append(loss().item())
        assert found[place, place].item() == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5)


def test_what_is_saved_knows_its_spread(tmp_path: Path) -> None:
    flow = model()
    assert flow.decoder.sigma.item() == pytest.approx(max(0.02, 2 * math.sqrt(flow.base.mse.item())))
    flow.save_pretrained(str(tmp_path))
    again = from_pretrained(str(tmp_path))
    assert isinstance(again, OnFlow)
    assert again.decoder.sigma.item() == flow.decoder.sigma.item()
    z = flow.encode(EIGHT).mode
    assert torch.equal(again.decode(z), flow.decode(z))
