"""A trained autoencoder's frozen code, its decoder trained on under an adversarial loss (T3)."""

from __future__ import annotations

import abc
import copy
import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder, Generator, ImageShape
from acutance.models._frozen_code import FrozenCode, FrozenCodeConfig, GenerativeFrozenCode
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe, gpu_preset
from acutance.models._versus import ADVERSARIAL_BETAS, CriticConfig, critic_loss, generator_loss
from acutance.nn.critic import Critic
from acutance.nn.decoder import DrawingDecoder, ImageDecoder
from acutance.nn.noisy_decoder import NoisyDecoder
from acutance.nn.processes import mean_over_processes, over_processes
from acutance.objectives.diversity import lacking_diversity, output_diversity
from acutance.objectives.gaussian import squared_error

__all__ = ["PRESETS", "AdversarialDecoder", "Config", "GenerativeAdversarialDecoder", "OnCritic"]


@dataclass(frozen=True, kw_only=True)
class Config(CriticConfig, FrozenCodeConfig):
    """An adversarial decoder on a frozen code.

    Attributes:
        pixel_weight: weight of the squared error, in units of the base's own mean squared error.
        noise_channels: numbers of noise at each place of each of the decoder's grids; 0 leaves it without noise.
        diversity_weight: weight of what two outputs for one code differ too little, by the base's own error (T11).
    """

    pixel_weight: float = 0.6
    noise_channels: int = 0
    diversity_weight: float = 0.0

    def build(self, shape: ImageShape) -> OnCritic:
        """The base with its weights; where it is described but not named, a shell to load weights into.

        Raises:
            ConfigError: no base is given, it is no autoencoder, it is for images of another shape, its decoder draws, a
                weight is none, or outputs are to differ that have no noise to differ by.
        """
        for name in ("pixel_weight", "diversity_weight"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is a number from 0 on, got {getattr(self, name)}")
        if self.diversity_weight and not self.noise_channels:
            raise ConfigError("diversity_weight asks outputs of one code to differ: give them noise_channels to do so")
        base = self.trained_base(shape)
        kind = GenerativeAdversarialDecoder if isinstance(base, Generator) else AdversarialDecoder
        return kind(self, shape, base)


class OnCritic(FrozenCode, abc.ABC):
    """The base's encoder, a decoder that started as the base's, and a critic."""

    config: Config

    def __init__(self, config: Config, shape: ImageShape, base: Autoencoder) -> None:
        super().__init__(config.standing_alone(base), shape, base, _decoder(config, base).requires_grad_(True))
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


def _decoder(config: Config, base: Autoencoder) -> ImageDecoder:
    """A copy of the base's, with noise if it is to have some."""
    plain = copy.deepcopy(config.plain_decoder(base))
    return NoisyDecoder(plain, config.noise_channels) if config.noise_channels else plain


def _outputs(decoder: ImageDecoder, code: Tensor, generator: torch.Generator) -> Tensor:
    """Images of codes, with noise of their own where the decoder takes any."""
    images: Tensor = decoder.drawn(code, generator) if isinstance(decoder, DrawingDecoder) else decoder(code)
    return images


class _CriticSide(Objective):
    def __init__(self, model: OnCritic) -> None:
        super().__init__()
        self.critic = model.critic
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        with torch.no_grad():
            fakes = _outputs(model.decoder, model.code(batch, generator), generator)
        return critic_loss(self.critic, batch, fakes, model.config, generator)


class _DecoderSide(Objective):
    def __init__(self, model: OnCritic) -> None:
        super().__init__()
        self.decoder = model.decoder
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        code = model.code(batch, generator)
        fakes = _outputs(self.decoder, code, generator)
        loss = generator_loss(model.critic, batch, fakes, model.config)
        mse = squared_error(batch.images, fakes).mean() / batch.images[0].numel()
        model.track_mse(mean_over_processes(mse))
        pull = model.config.pixel_weight * mse / model.base.mse
        summands = {"adversarial": loss.total, "pixels": pull}
        terms = {**loss.terms, "mse": mse.detach()}
        if model.config.diversity_weight:
            others = _outputs(self.decoder, code, generator)
            lacking = lacking_diversity(over_processes(output_diversity(fakes, others, model.base.mse)))
            summands["diversity"] = model.config.diversity_weight * lacking
            terms["lacking_diversity"] = lacking.detach()
        return Loss(sum(summands.values(), mse.new_zeros(())), terms, summands)


PRESETS = {
    "adversarial_decoder": Preset(
        model=Config(critic_widths=(32,), penalty=0.1),
        recipe=Recipe(images=54_000, batch_size=16, mirror=True, ema_half_life_images=1_000),
        about="a frozen code's decoder, trained on by a critic (--of RUN)",
        expect="acutance train adversarial_decoder --of RUN --data builtin:icons --out RUN2: about 4 minutes on one "
        "core without bfloat16 units, under 1 GB; finest octave: detail ratio about .8, coherence .04 below the base's",
    ),
    "adversarial_decoder_64": gpu_preset(
        "adversarial_decoder_64",
        Config(critic_widths=(128, 64), penalty=0.1),
        "a frozen code's decoder, trained on by a critic",
        measured="11,200 of them, builtin:photos, one CPU core in bf16: 3.1 minutes, 1.2 GB; held out, finest "
        "detail ratio 0.081, coherence 0.002, PSNR 23.3 dB, coverage of samples 0.028",
    ),
}
