"""A second VAE, of codes: it learns where the first one's codes are, which N(0, 1) does not say (Dai & Wipf 2019)."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.models._priors._frame import Frame
from acutance.models._priors._prior import LatentPrior
from acutance.nn.latents import DiagonalNormal
from acutance.rng import rng_for, streams_kept

__all__ = ["Prior", "SecondStage", "fit"]

WIDTH = 256
_MOST_LATENTS = 64
_FEWEST, _MOST = 200, 3_000
_EPOCHS = 100
_BATCH = 128
_RATE = 3e-3
_MIN_LOG_SIGMA = -6.0
_START = -1.0  # at 0 no code is worth its rate, and none is learnt


@final
class SecondStage(LatentPrior):
    """A VAE with dense layers, of whitened latents; its decoder noise is learnt, and drawn.

    The mean of its decoder would have less spread than the latents have, so `sample` adds that noise.

    Args:
        latent: shape of one image's latent.
        kept: directions of the frame.
        numbers: of its own latent.
        width: features of its layers.
    """

    def __init__(self, *, latent: list[int], kept: int, numbers: int, width: int) -> None:
        super().__init__()
        self.settings = {"latent": list(latent), "kept": kept, "numbers": numbers, "width": width}
        self.frame = Frame(tuple(latent), kept)
        self.encoder = _layers(kept, width, 2 * numbers)
        self.decoder = _layers(numbers, width, kept)
        self.log_sigma = nn.Parameter(torch.tensor(_START))
        self.numbers = numbers

    @property
    def latent(self) -> tuple[int, ...]:
        return self.frame.latent

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        device = self.log_sigma.device
        mean = self.decoder(torch.randn(n, self.numbers, generator=generator, device=device))
        noise = torch.randn(mean.shape, generator=generator, device=device)
        return self.frame.outside(mean + self._log_sigma().exp() * noise, generator)

    def nats(self, places: Tensor, generator: torch.Generator) -> Tensor:
        """The negative evidence lower bound of whitened latents (N, kept), in nats, (N,)."""
        posterior = DiagonalNormal.from_parameters(self.encoder(places))
        mean, log_sigma = self.decoder(posterior.sample(generator)), self._log_sigma()
        off = ((places - mean) / log_sigma.exp()).square().sum(1) / 2
        nats: Tensor = off + places.shape[1] * (log_sigma + 0.5 * math.log(2 * math.pi)) + posterior.cost()
        return nats

    def _log_sigma(self) -> Tensor:
        return self.log_sigma.clamp_min(_MIN_LOG_SIGMA)


Prior = SecondStage


def fit(latents: Tensor, generator: torch.Generator, components: int | None = None) -> SecondStage:
    """A second VAE trained on latents, some seconds.

    Args:
        latents: (N, *latent).
        generator: of weights, order and noise.
        components: of a mixture; this has none.

    Raises:
        ConfigError: components were asked for.
        InputError: too few latents, or some that are no numbers.
    """
    if components is not None:
        raise ConfigError("a second-stage prior has no components: leave them out, or fit a mixture")
    frame = Frame.of(latents)
    seed = int(torch.randint(2**62, (1,), generator=generator))
    with streams_kept(), torch.enable_grad():
        torch.manual_seed(seed)
        numbers = min(frame.kept, _MOST_LATENTS)
        prior = SecondStage(latent=list(frame.latent), kept=frame.kept, numbers=numbers, width=WIDTH)
        prior.frame.load_state_dict(frame.state_dict())
        _train(prior, frame.inside(latents).float(), seed)
    return prior.requires_grad_(False).eval()


def _train(prior: SecondStage, places: Tensor, seed: int) -> None:
    adam = torch.optim.Adam(prior.parameters(), lr=_RATE, fused=True)
    steps = min(_MOST, max(_FEWEST, _EPOCHS * len(places) // _BATCH))
    for step in range(steps):
        draw = rng_for(seed, step, "second stage")
        chosen = places[torch.randint(len(places), (_BATCH,), generator=draw)]
        for group in adam.param_groups:
            group["lr"] = _RATE * (0.02 + 0.98 * (1 + math.cos(math.pi * step / steps)) / 2)
        adam.zero_grad(set_to_none=True)
        prior.nats(chosen, draw).mean().backward()  # type: ignore[no-untyped-call]
        adam.step()


def _layers(inputs: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, outputs)
    )
