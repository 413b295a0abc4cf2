"""Four decoders of one frozen code: what each answers where the code does not know (theory C, response).

Expected before the first run, for the response index (y - q)/(1 - q): squared error within .05 of 0; absolute error,
whose answer is the median (T5), above it and below .35; adversarial .45 to .9; flow matching .85 to 1.1; no two
intervals touch.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import replace
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acutance.measure import Reading, measure_pairs
from acutance.models import Recipe, presets
from acutance.models.adversarial_decoder import Config as AdversarialConfig
from acutance.models.spatial_vae import Config as SpatialVAE
from acutance.nn.blocks import conv, double, halve, residual_stage
from acutance.nn.latents import Latent
from acutance.train import RunConfig
from planted_suite.bases import Ours, kept, place, seeded, trained
from planted_suite.check import outputs
from planted_suite.data import images_of
from planted_suite.fitting import Loss, Pace, fit
from planted_suite.subject import Encoding, Parts

CODE = Ours(data="icons", model=SpatialVAE(), images=28_000, seed=21, mirror=True)
REGRESSION = Pace(images=16_000, rate=1e-3)
FLOW = Pace(images=48_000, rate=2e-3)
EULER_STEPS = 12
EXPECTED = {"squared": (-0.05, 0.05), "absolute": (0.03, 0.35), "adversarial": (0.45, 0.9), "flow": (0.85, 1.1)}


def response_subjects() -> dict[str, Parts]:
    """The code's encoder with each of the four decoders, by the loss that it was trained by."""
    return {
        "squared": _regression("squared", lambda error: error.square()),
        "absolute": _regression("absolute", lambda error: error.abs()),
        "adversarial": _adversarial(),
        "flow": _flow(),
    }


def _regression(name: str, cost: Callable[[Tensor], Tensor]) -> Parts:
    """The code's own decoder, trained on by a loss of each pixel's error."""
    parts = CODE.parts()
    decoder = copy.deepcopy(parts.decoder).train().requires_grad_(True)

    def loss(images: Tensor, generator: torch.Generator) -> Tensor:
        return cost(decoder(_code(parts, images, generator)).float() - images).flatten(1).sum(1).mean()

    return replace(parts, family=f"{name} error", decoder=_fitted(name, decoder, loss, REGRESSION), facts={})


def _fitted(name: str, decoder: nn.Module, loss: Loss, pace: Pace) -> nn.Module:
    training, _ = images_of(CODE.data)
    kept((CODE, name, pace), decoder, lambda: fit(decoder, loss, training, pace, CODE.seed))
    return decoder


@torch.no_grad()
def _code(parts: Parts, images: Tensor, generator: torch.Generator) -> Tensor:
    latent: Latent = parts.encoder(images)
    return latent.sample(generator)


@functools.cache
def _adversarial() -> Parts:
    CODE.parts()
    preset = presets()["adversarial_decoder"]
    assert isinstance(preset.model, AdversarialConfig)
    recipe: Recipe = replace(preset.recipe, images=40_000, picture_images=0, log_images=10**6)
    run = RunConfig(model=replace(preset.model, of=str(place(CODE))), recipe=recipe, seed=CODE.seed)
    model = trained(run, CODE.data, place((CODE, "adversarial", recipe)))
    return Parts(family=model.family, shape=model.shape, encoder=Encoding(model), decoder=model.decoder)


def _flow() -> Parts:
    parts = CODE.parts()
    velocity = seeded(CODE.seed, lambda: Velocity(parts.decoder, parts.shape))

    def loss(images: Tensor, generator: torch.Generator) -> Tensor:
        code = _code(parts, images, generator)
        noise = torch.randn(images.shape, generator=generator)
        time = torch.rand(len(images), 1, 1, 1, generator=generator)
        pixels = _signed(images)
        wanted = pixels - noise
        found = velocity((1 - time) * noise + time * pixels, time, velocity.condition(code)).float()
        return (found - wanted).square().flatten(1).sum(1).mean()

    _fitted("flow", velocity, loss, FLOW)
    return replace(parts, family="flow", decoder=Flow(velocity), facts={})


def _signed(images: Tensor) -> Tensor:
    """[0, 1] to [-1, 1]."""
    return images * 2 - 1


@final
class Velocity(nn.Module):
    """The velocity of a flow from noise to images, `x - eps` at `x_t = (1 - t) eps + t x`, given a code (theory E).

    Args:
        regression: a decoder of the code; what it makes of it is the condition. Not trained on.
        shape: of the images.
        width: features on the fine grid.
    """

    def __init__(self, regression: nn.Module, shape: tuple[int, int, int], width: int = 64) -> None:
        super().__init__()
        self.regression = copy.deepcopy(regression).requires_grad_(False)
        self.first = conv(4 * (2 * shape[0] + 1), width)
        self.fine = residual_stage(width, 2)
        self.widen = conv(width, 2 * width, 1)
        self.coarse = residual_stage(2 * width, 2)
        self.narrow = conv(2 * width, width, 1)
        self.end = residual_stage(width, 2)
        self.last = conv(width, 4 * shape[0], gain=0.1)

    @torch.no_grad()
    def condition(self, code: Tensor) -> Tensor:
        """Images that say what the code knows, (N, C, H, W) in about [-1, 1]."""
        return _signed(self.regression(code).float())

    def forward(self, state: Tensor, time: Tensor, condition: Tensor) -> Tensor:
        clock = time.expand(-1, 1, *state.shape[2:])
        x = self.fine(self.first(F.pixel_unshuffle(torch.cat([state, condition, clock], 1), 2)))
        coarse = self.coarse(self.widen(halve(x)))
        x = self.end(x + double(self.narrow(coarse)))
        velocity: Tensor = F.pixel_shuffle(self.last(F.leaky_relu(x, 0.2)), 2)
        return velocity


@final
class Flow(nn.Module):
    """A decoder that draws: a few Euler steps from noise to an image."""

    def __init__(self, velocity: Velocity) -> None:
        super().__init__()
        self.velocity = velocity

    def forward(self, latents: Tensor) -> Tensor:
        condition = self.velocity.condition(latents)
        state = torch.randn(condition.shape)
        for step in range(EULER_STEPS):
            time = torch.full((len(state), 1, 1, 1), step / EULER_STEPS)
            state = state + self.velocity(state, time, condition).float() / EULER_STEPS
        return state / 2 + 0.5


def response_of(parts: Parts) -> Reading:
    """The response index of a decoder of the code, on held-out images and draws of the code."""
    source = images_of(CODE.data)[1].tensor().contiguous()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found = measure_pairs(source, outputs(parts, source))
    return found.reading("response_index")


def response_table() -> str:
    """Each decoder's index beside what was expected, as a Markdown table."""
    lines = ["| decoder trained by | response index | 95 % interval | expected |", "|---|---|---|---|"]
    for name, parts in response_subjects().items():
        found = response_of(parts)
        low, high = EXPECTED[name]
        lines.append(f"| {name} | {found.value:.3f} | {found.low:.3f} to {found.high:.3f} | {low:.2f} to {high:.2f} |")
    return "\n".join(lines)
