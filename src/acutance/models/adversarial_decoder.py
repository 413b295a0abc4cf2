"""A trained autoencoder's frozen code, its decoder trained on under an adversarial loss (T3)."""

from __future__ import annotations

import abc
import copy
import math
from dataclasses import dataclass
from typing import final

import torch

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder, Generator, ImageShape
from acutance.models._frozen_code import FrozenCode, FrozenCodeConfig, GenerativeFrozenCode
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._processes import mean_over_processes
from acutance.models._recipe import Preset, Recipe
from acutance.models._versus import ADVERSARIAL_BETAS, CriticConfig, critic_loss, generator_loss
from acutance.nn.critic import Critic
from acutance.objectives.gaussian import squared_error

__all__ = ["PRESETS", "AdversarialDecoder", "Config", "GenerativeAdversarialDecoder", "OnCritic"]


@dataclass(frozen=True, kw_only=True)
class Config(CriticConfig, FrozenCodeConfig):
    """An adversarial decoder on a frozen code.

    Attributes:
        pixel_weight: weight of the squared error, in units of the base's own mean squared error.
    """

    pixel_weight: float = 0.6

    def build(self, shape: ImageShape) -> OnCritic:
        """The base with its weights; where it is described but not named, a shell to load weights into.

        Raises:
            ConfigError: no base is given, it is no autoencoder, it is for images of another shape, or the pixel weight
                is none.
        """
        if not 0 <= self.pixel_weight < math.inf:
            raise ConfigError(f"pixel_weight is a number from 0 on, got {self.pixel_weight}")
        base = self.trained_base(shape)
        kind = GenerativeAdversarialDecoder if isinstance(base, Generator) else AdversarialDecoder
        return kind(self, shape, base)


class OnCritic(FrozenCode, abc.ABC):
    """The base's encoder, a decoder that started as the base's, and a critic."""

    config: Config

    def __init__(self, config: Config, shape: ImageShape, base: Autoencoder) -> None:
        decoder = copy.deepcopy(base.decoder).requires_grad_(True)
        super().__init__(config.standing_alone(base), shape, base, decoder)
        self.critic = Critic(shape, config.critic_layout)

    def facts(self) -> dict[str, float]:
        """None: an adversarial decoder states no likelihood, so it has no sigma."""
        return {}

    def players(self) -> tuple[Player, ...]:
        """The critic, then the decoder.

        Raises:
            ConfigError: the base was never trained, so there is no squared error to measure by.
        """
        self.base_mse()
        return (
            Player(name="critic", objective=_CriticSide(self), betas=ADVERSARIAL_BETAS),
            Player(name="decoder", objective=_DecoderSide(self), betas=ADVERSARIAL_BETAS),
        )


@final
class AdversarialDecoder(OnCritic):
    """On a base without a prior."""


@final
class GenerativeAdversarialDecoder(OnCritic, GenerativeFrozenCode):
    """On a base that has a prior, whose draws it decodes."""


class _CriticSide(Objective):
    def __init__(self, model: OnCritic) -> None:
        super().__init__()
        self.critic = model.critic
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        with torch.no_grad():
            fakes = model.decoder(model.code(batch, generator))
        return critic_loss(self.critic, batch, fakes, model.config, generator)


class _DecoderSide(Objective):
    def __init__(self, model: OnCritic) -> None:
        super().__init__()
        self.decoder = model.decoder
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        fakes = self.decoder(model.code(batch, generator))
        loss = generator_loss(model.critic, batch, fakes, model.config)
        mse = squared_error(batch.images, fakes).mean() / batch.images[0].numel()
        model.track_mse(mean_over_processes(mse))
        pull = model.config.pixel_weight * mse / model.base.mse
        summands = {"adversarial": loss.total, "pixels": pull}
        return Loss(loss.total + pull, {**loss.terms, "mse": mse.detach()}, summands)


PRESETS = {
    "adversarial_decoder": Preset(
        model=Config(critic_widths=(32,), penalty=0.1),
        recipe=Recipe(images=54_000, batch_size=16, mirror=True, ema_half_life_images=1_000),
        about="a frozen code's decoder, trained on by a critic (--of RUN)",
        expect="acutance train adversarial_decoder --of RUN --data builtin:icons --out RUN2: about 4 minutes on one "
        "core without bfloat16 units, under 1 GB; finest octave: detail ratio about .8, coherence .04 below the base's",
    ),
}
