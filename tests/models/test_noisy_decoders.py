"""Decoders with noise on a frozen code: by the energy score, and by a critic with a diversity term (T11)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from ddp_parts import feed
from numpy.typing import NDArray
from small_models import SHAPE, blobs, images_of, small_config, small_model, small_recipe
from torch import Tensor

from acutance.data import image_set
from acutance.errors import ConfigError
from acutance.measure import noise_use
from acutance.models import Batch
from acutance.models._frozen_code import FrozenCode
from acutance.nn.noisy_decoder import NoisyDecoder
from acutance.rng import rng_for
from acutance.train import Feed, Loop

EIGHT = images_of(8)
NOISY: dict[str, dict[str, Any]] = {
    "energy_decoder": {},
    "adversarial_decoder": {"noise_channels": 4, "diversity_weight": 1.0},
}
every_one = pytest.mark.parametrize("family", NOISY)


def built(family: str, **changes: Any) -> FrozenCode:
    model = small_model(family, **NOISY[family] | changes).eval()
    assert isinstance(model, FrozenCode)
    assert isinstance(model.decoder, NoisyDecoder)
    return model


def rho(model: FrozenCode, images: Tensor = EIGHT) -> float:
    latents = model.encode(images).mode
    with torch.no_grad():
        draws = [model.decode_anew(latents, rng_for(seed)) for seed in (0, 1)]
    return noise_use(images, draws).reading("noise_use").value


def trained(model: FrozenCode, images: int = 480) -> FrozenCode:
    loop = Loop(model, small_recipe(images=images, learning_rate=2e-3), feed(40), seed=0)
    loop.run(lambda now: None, lambda: None)
    return loop.ema.average


@every_one
def test_without_its_noise_it_is_the_base(family: str) -> None:
    model = built(family)
    assert isinstance(model.decoder, NoisyDecoder)
    for enter in model.decoder.enter:
        enter.weight.data.zero_()
    latents = model.encode(EIGHT).mode
    torch.testing.assert_close(model.decode(latents), model.base.decode(latents))


@every_one
def test_noise_is_drawn_by_the_generator_alone(family: str) -> None:
    model = built(family)
    latents = model.encode(EIGHT).mode
    first, again, other = (model.decode_anew(latents, rng_for(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(model.decode(latents), model.decode(latents))


@every_one
def test_noise_enters_at_every_resolution(family: str) -> None:
    model = built(family)
    assert isinstance(model.decoder, NoisyDecoder)
    assert model.decoder.shapes == [(model.decoder.channels, side, side) for side in (4, 8)]
    latents = model.encode(EIGHT[:1]).mode
    for enter in model.decoder.enter:
        kept = enter.weight.data.clone()
        before = model.decode(latents)
        enter.weight.data.zero_()
        assert not torch.equal(model.decode(latents), before)
        enter.weight.data.copy_(kept)


def test_the_diversity_term_makes_the_critics_decoder_use_its_noise() -> None:
    with_term, without = (rho(trained(built("adversarial_decoder", diversity_weight=w))) for w in (3.0, 0.0))
    assert with_term > 2 * without


def test_the_energy_score_makes_the_decoder_draw_what_the_code_leaves_open() -> None:
    """Here a flicker that no code holds."""
    images = image_set((blobs(64) * flicker(64)).round().astype(np.uint8))
    model = built("energy_decoder", score_patch=4)
    before = rho(model, images.tensor())
    loop = Loop(model, small_recipe(images=1_600, learning_rate=5e-3), Feed(images, False), seed=0)
    loop.run(lambda now: None, lambda: None)
    assert rho(loop.ema.average, images.tensor()) > 1.5 * before


def flicker(n: int) -> NDArray[np.float64]:
    return np.random.default_rng(0).uniform(0.2, 1.0, (n, 16, 16, 1))


def test_the_term_counts_what_it_is_told() -> None:
    batch = Batch(EIGHT, step=1)
    losses = [
        built("adversarial_decoder", diversity_weight=weight).players()[1].objective(batch, rng_for(0))
        for weight in (1.0, 2.5)
    ]
    lacking = losses[0].terms["lacking_diversity"]
    torch.testing.assert_close(losses[1].total - losses[0].total, 1.5 * lacking)
    assert set(losses[0].summands) == {"adversarial", "pixels", "diversity"}


@pytest.mark.parametrize(
    ("family", "options", "said"),
    [
        ("adversarial_decoder", {"noise_channels": 0}, "give them noise_channels to do so"),
        ("adversarial_decoder", {"diversity_weight": -1.0}, "diversity_weight is a number from 0 on"),
        ("adversarial_decoder", {"noise_channels": -1}, "at least one channel, got -1"),
        ("energy_decoder", {"noise_channels": 0}, "at least one channel, got 0"),
        ("energy_decoder", {"draws": 1}, "at least 2; got 1"),
        ("energy_decoder", {"score_patch": 17}, "a side that fits the images"),
    ],
)
def test_what_cannot_be_is_refused_before_training(family: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        small_config(family, **NOISY[family] | options).build(SHAPE)
