"""A trained autoencoder's frozen code, its decoder trained on under an adversarial loss.

The encoder is never changed, so the information in the code is what it was; only the loss that the decoder answers
to is swapped. What changes between this and its base is therefore what the loss does, and nothing else (T3).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder, ImageShape, ModelConfig
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe
from acutance.models._store import config_from_description, from_pretrained
from acutance.models.gan import critic_loss
from acutance.nn.critic import Critic
from acutance.nn.latents import Latent
from acutance.objectives.adversarial import relativistic
from acutance.objectives.gaussian import squared_error

__all__ = ["PRESETS", "AdversarialDecoder", "Config"]


@dataclass(frozen=True, kw_only=True)
class Config(ModelConfig):
    """An adversarial decoder on a frozen code.

    Attributes:
        of: folder of the trained autoencoder whose code and decoder are taken.
        base: that autoencoder's description; filled in by `build`, so that the saved model stands alone.
        pixel_weight: weight of the mean squared error per image dimension, in units of the base's own mse.
        critic_widths: features of each stage of the critic, coarse to fine.
        blocks: residual blocks per stage of the critic.
        penalty: weight gamma of R1 + R2.
        penalty_every: take the penalty at every so many steps, so many times as strong.
    """

    of: str = ""
    base: dict[str, Any] = field(default_factory=dict)
    pixel_weight: float = 0.2
    critic_widths: tuple[int, ...] = (128, 64, 48)
    blocks: int = 1
    penalty: float = 0.02
    penalty_every: int = 8

    def build(self, shape: ImageShape) -> AdversarialDecoder:
        """The base with its weights, or, where the base is already described, an empty shell to load weights into."""
        if self.base:
            base = config_from_description(self.base).build(shape)
        elif self.of:
            base = from_pretrained(self.of)
        else:
            raise ConfigError("an adversarial decoder needs a trained autoencoder: pass --of RUN")
        if not isinstance(base, Autoencoder) or base.shape != shape:
            raise ConfigError(f"{self.of or 'base'} is a {base.family} for {base.shape}, an autoencoder for {shape} is needed")
        return AdversarialDecoder(self, shape, base)


@final
class AdversarialDecoder(Autoencoder):
    """The base's encoder and prior, and a decoder that started as the base's."""

    config: Config

    def __init__(self, config: Config, shape: ImageShape, base: Autoencoder) -> None:
        super().__init__(config, shape)
        self.base = base.requires_grad_(False).eval()
        self.decoder = copy.deepcopy(base.decoder).requires_grad_(True)
        self.critic = Critic(shape, config.critic_widths, config.blocks)

    def encode(self, images: Tensor) -> Latent:
        return self.base.encode(images)

    def decode(self, latents: Tensor) -> Tensor:
        return self.decoder(latents).float().clamp(0, 1)

    @torch.no_grad()
    def code(self, images: Tensor, generator: torch.Generator) -> Tensor:
        return self.base.encode(images).sample(generator)

    def players(self) -> tuple[Player, ...]:
        return (
            Player(name="critic", objective=_CriticSide(self), betas=(0.0, 0.99)),
            Player(name="decoder", objective=_DecoderSide(self), betas=(0.0, 0.99)),
        )


class _CriticSide(Objective):
    def __init__(self, model: AdversarialDecoder) -> None:
        super().__init__()
        self.critic = model.critic
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        with torch.no_grad():
            fakes = model.decoder(model.code(batch.images, generator))
        config = model.config
        return critic_loss(self.critic, batch, fakes, penalty=config.penalty, every=config.penalty_every)


class _DecoderSide(Objective):
    def __init__(self, model: AdversarialDecoder) -> None:
        super().__init__()
        self.decoder = model.decoder
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        fakes = self.decoder(model.code(batch.images, generator))
        logits = model.critic(torch.cat([batch.images, fakes])).float()
        adversarial = relativistic(*logits.chunk(2)[::-1]).mean()
        mse = squared_error(batch.images, fakes).mean() / batch.images[0].numel()
        total = adversarial + model.config.pixel_weight * mse / model.base.mse
        return Loss(total, {"adversarial": adversarial.detach(), "mse": mse.detach()})
