"""The refitted decoder trained on against a critic, on the same frozen codes: what this code looks like when crisp."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor, nn

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose._probe import Moduled
from acutance.diagnose.interventions.refit import affordable, refit_decoder
from acutance.errors import ConfigError
from acutance.models._player import Batch
from acutance.models._versus import ADVERSARIAL_BETAS, critic_loss, generator_loss
from acutance.models.adversarial_decoder import PRESETS, Config
from acutance.nn.critic import Critic
from acutance.nn.ema import Ema
from acutance.objectives.gaussian import squared_error
from acutance.rng import rng_for, seeded
from acutance.train._schedule import learning_rate

__all__ = ["MOST_LOSS", "outcome"]

MOST_LOSS: Final = 2.0
"""Perfect realism costs at most twice the averager's squared error (T6): a game that costs more has not settled."""

_PRESET = PRESETS["adversarial_decoder"]
_MOST = 40_000
_PASSES = 4
_UNSETTLED = "the adversarial refit costs {:.1f} times the averager's loss, over the 2 of T6: it says nothing"


def outcome(bench: Bench) -> Outcome:
    """The adversarial decoder on the codes of the images, with the noise that the decoder was trained for.

    Its numbers are the images it saw and its loss over that of the decoder refitted by squared error, both weighted
    over bands; none where there was no decoder to train, no images, or no critic for images of this size.
    """
    averager, critic = refit_decoder(bench), _critic(bench)
    if averager is None or critic is None:
        return replace(bench.outcome("trained_noise"), numbers={}, warnings=())
    decoder = averager.module
    kept = bench.keep.recall("adversarial_refit", lambda: _trained(bench, averager, critic))
    seen = float(kept["_images"])
    decoder.load_state_dict({name: value for name, value in kept.items() if name != "_images"})
    trained = bench.probe.behind(Moduled(decoder.eval().requires_grad_(False), {}))
    latents = bench.noisy(bench.outcome("trained_noise").numbers["scale"])
    found = bench.compared(trained.decode(latents, bench.images.shape), bench.input)
    ratio = float(found.octaves.lost[0].sum() / bench.outcome("refit").octaves.lost[0].sum())
    doubts = (_UNSETTLED.format(ratio),) if ratio > MOST_LOSS else ()
    return replace(found, numbers={"images": seen, "loss_ratio": ratio}, warnings=doubts)


def _config() -> Config:
    assert isinstance(_PRESET.model, Config)
    return _PRESET.model


def _critic(bench: Bench) -> Critic | None:
    """The critic of the family `adversarial_decoder`; None for images of a size that it does not take."""
    try:
        with seeded(bench.seed, "critic"):
            return Critic(bench.images.shape, _config().critic_layout)
    except ConfigError:
        return None


def _trained(bench: Bench, averager: Moduled, critic: Critic) -> dict[str, Tensor]:
    """The averaged weights of the decoder after the game that the family's preset plays."""
    assert bench.fit is not None
    images, code = bench.fit
    scale, mse = bench.outcome("trained_noise").numbers["scale"], averager.numbers["refitted"]
    decoder = averager.module.train().requires_grad_(True)
    size = _PRESET.recipe.batch_size
    steps = affordable(bench, _MOST, _PASSES) // size
    recipe = replace(_PRESET.recipe, images=max(1, steps) * size)
    sides = [
        torch.optim.Adam(player.parameters(), lr=recipe.learning_rate, betas=ADVERSARIAL_BETAS)
        for player in (critic, decoder)
    ]
    average = Ema(decoder, recipe.ema_half_life_images)
    for step in range(steps):
        draw = rng_for(bench.seed, step, "adversarial refit")
        at = torch.randint(len(images), (size,), generator=draw)
        batch, latents = Batch(images[at], step), bench.drawn_at(code, scale, at, draw)
        for adam, loss in zip(sides, _game(critic, decoder, batch, latents, mse, draw), strict=True):
            adam.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            for group in adam.param_groups:
                group["lr"] = learning_rate(recipe, step * size)
                torch.nn.utils.clip_grad_norm_(group["params"], recipe.clip_norm)
            adam.step()
        average.update(size, (step + 1) * size)
    return average.average.state_dict() | {"_images": torch.tensor(float(steps * size))}


def _game(
    critic: Critic, decoder: nn.Module, batch: Batch, latents: Tensor, mse: float, draw: torch.Generator
) -> Iterator[Tensor]:
    """What each side minimises, the critic first; whoever asks for the second has taken the critic's step."""
    critic.requires_grad_(True)
    with torch.no_grad():
        fakes = decoder(latents).float()
    yield critic_loss(critic, batch, fakes, _config(), draw).total
    critic.requires_grad_(False)
    fakes = decoder(latents).float()
    pixels = squared_error(batch.images, fakes).mean() / batch.images[0].numel()
    yield generator_loss(critic, batch, fakes, _config()).total + _config().pixel_weight * pixels / mse
