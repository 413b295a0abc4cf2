"""A trained autoencoder's frozen code, its decoder trained on under an adversarial loss.

The encoder is never changed, so the information in the code is what it was; only the loss that the decoder answers to
is swapped. What differs between this and its base is what the loss does, and nothing else (T3).
"""

from __future__ import annotations

import abc
import copy
import math
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder, Generator, ImageShape, describe
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._processes import mean_over_processes
from acutance.models._recipe import Preset, Recipe
from acutance.models._store import config_from_description, from_pretrained
from acutance.models._versus import ADVERSARIAL_BETAS, CriticConfig, critic_loss, generator_loss
from acutance.nn.critic import Critic
from acutance.nn.latents import Latent
from acutance.objectives.gaussian import squared_error

__all__ = ["PRESETS", "AdversarialDecoder", "Config", "FrozenCode", "GenerativeAdversarialDecoder"]


@dataclass(frozen=True, kw_only=True)
class Config(CriticConfig):
    """An adversarial decoder on a frozen code.

    Attributes:
        of: folder of the trained autoencoder whose code and decoder are taken; empty once it is built.
        base: that autoencoder's description; filled in when it is built, so that the saved model stands alone.
        pixel_weight: weight of the squared error, in units of the base's own mean squared error.
    """

    of: str = ""
    base: dict[str, Any] = field(default_factory=dict)
    pixel_weight: float = 0.6

    def build(self, shape: ImageShape) -> FrozenCode:
        """The base with its weights; where it is described but not named, a shell to load weights into.

        Raises:
            ConfigError: no base is given, it is no autoencoder, it is for images of another shape, or the pixel weight
                is none.
        """
        if not 0 <= self.pixel_weight < math.inf:
            raise ConfigError(f"pixel_weight is a number from 0 on, got {self.pixel_weight}")
        if self.base:
            base = config_from_description(self.base).build(shape)
        elif self.of:
            base = from_pretrained(self.of)
        else:
            raise ConfigError("an adversarial decoder needs a trained autoencoder: pass --of RUN")
        if not isinstance(base, Autoencoder) or base.shape != shape:
            came = f"a {base.family} for images {base.shape}"
            raise ConfigError(f"{self.of or 'the base'} is {came}; an autoencoder for images {shape} is needed")
        config = replace(self, of="", base=describe(base))
        kind = GenerativeAdversarialDecoder if isinstance(base, Generator) else AdversarialDecoder
        return kind(config, shape, base)

    def seen_from(self, folder: Path) -> Config:
        """With `of` as the way to it from the folder, so that both can be moved together."""
        return replace(self, of=os.path.relpath(self.of, folder)) if self.of else self

    def found_from(self, folder: Path) -> Config:
        """With `of` as the way to it from here."""
        return replace(self, of=os.path.normpath(folder / self.of)) if self.of else self


class FrozenCode(Autoencoder, abc.ABC):
    """The base's encoder, and a decoder that started as the base's."""

    config: Config

    def __init__(self, config: Config, shape: ImageShape, base: Autoencoder) -> None:
        super().__init__(config, shape, copy.deepcopy(base.decoder).requires_grad_(True))
        self.base = base.requires_grad_(False).eval()
        self._encoded: tuple[Batch, Latent] | None = None
        self.critic = Critic(shape, config.critic_layout)

    def train(self, mode: bool = True) -> FrozenCode:
        """As for any module, but the base stays in evaluation mode."""
        super().train(mode)
        self.base.eval()
        return self

    def encode(self, images: Tensor) -> Latent:
        """The base's latent."""
        return self.base.encode(images)

    @torch.no_grad()
    def code(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """A draw of the frozen code; the players of one step, who share its batch, share the encoding."""
        if self._encoded is None or self._encoded[0] is not batch:
            self._encoded = (batch, self.base.encode(batch.images))
        return self._encoded[1].sample(generator)

    def facts(self) -> dict[str, float]:
        """None: an adversarial decoder states no likelihood, so it has no sigma."""
        return {}

    def players(self) -> tuple[Player, ...]:
        """The critic, then the decoder.

        Raises:
            ConfigError: the base was never trained, so there is no squared error to measure by.
        """
        if not self.base.mse > 0:
            raise ConfigError(f"the {self.base.family} to take the code of was never trained: train it first")
        return (
            Player(name="critic", objective=_CriticSide(self), betas=ADVERSARIAL_BETAS),
            Player(name="decoder", objective=_DecoderSide(self), betas=ADVERSARIAL_BETAS),
        )


@final
class AdversarialDecoder(FrozenCode):
    """On a base without a prior."""


@final
class GenerativeAdversarialDecoder(FrozenCode, Generator):
    """On a base that has a prior, whose draws it decodes."""

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """The base's prior."""
        assert isinstance(self.base, Generator)
        return self.base.prior(n, generator)

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """decode(prior)."""
        return self.decode(self.prior(n, generator))


class _CriticSide(Objective):
    def __init__(self, model: FrozenCode) -> None:
        super().__init__()
        self.critic = model.critic
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        with torch.no_grad():
            fakes = model.decoder(model.code(batch, generator))
        return critic_loss(self.critic, batch, fakes, model.config, generator)


class _DecoderSide(Objective):
    def __init__(self, model: FrozenCode) -> None:
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
