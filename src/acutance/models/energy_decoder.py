"""A trained autoencoder's frozen code, its decoder given noise and trained on under the energy score (T16).

No density and no critic: several draws of one code are judged as a distribution by their distances from the image and
from one another. Where a squared error is least for the mean, this is least for the distribution.
"""

from __future__ import annotations

import abc
import copy
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder, Generator, ImageShape
from acutance.models._frozen_code import FrozenCode, FrozenCodeConfig, GenerativeFrozenCode
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe, gpu_preset
from acutance.nn.noisy_decoder import NoisyDecoder
from acutance.objectives.energy import energy_score

__all__ = ["PRESETS", "Config", "EnergyDecoder", "GenerativeEnergyDecoder", "OnEnergy"]


@dataclass(frozen=True, kw_only=True)
class Config(FrozenCodeConfig):
    """A decoder with noise on a frozen code, judged by the energy score.

    Attributes:
        noise_channels: numbers of noise at each place of each of the decoder's grids.
        draws: of each code, that the score is estimated from; at least 2.
        score_patch: side in pixels of the patches that are judged one by one; 0 judges the whole image as one.
    """

    noise_channels: int = 8
    draws: int = 2
    score_patch: int = 8

    def build(self, shape: ImageShape) -> OnEnergy:
        """The base with its weights; where it is described but not named, a shell to load weights into.

        Raises:
            ConfigError: no base is given, it is no autoencoder, it is for images of another shape, its decoder draws,
                or a number that is none.
        """
        if self.draws < 2:
            raise ConfigError(f"draws of each code are judged with one another, at least 2; got {self.draws}")
        if not 0 <= self.score_patch <= min(shape[1:]):
            raise ConfigError(f"score_patch is 0 or a side that fits the images {shape}, got {self.score_patch}")
        base = self.trained_base(shape)
        kind = GenerativeEnergyDecoder if isinstance(base, Generator) else EnergyDecoder
        return kind(self, shape, base)


class OnEnergy(FrozenCode, abc.ABC):
    """The base's encoder, and a decoder with noise that started as the base's."""

    config: Config
    decoder: NoisyDecoder

    def __init__(self, config: Config, shape: ImageShape, base: Autoencoder) -> None:
        decoder = copy.deepcopy(config.plain_decoder(base)).requires_grad_(True)
        super().__init__(config.standing_alone(base), shape, base, NoisyDecoder(decoder, config.noise_channels))

    def players(self) -> tuple[Player, ...]:
        """One: the decoder."""
        return (Player(name="decoder", objective=_Scored(self)),)


@final
class EnergyDecoder(OnEnergy):
    """On a base without a prior."""


@final
class GenerativeEnergyDecoder(OnEnergy, GenerativeFrozenCode):
    """On a base that has a prior, whose draws it decodes."""


class _Scored(Objective):
    """The energy score of several draws of each code."""

    def __init__(self, model: OnEnergy) -> None:
        super().__init__()
        self.decoder = model.decoder
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        count, config = len(batch.images), model.config
        code = model.code(batch, generator)
        repeated = torch.cat([code] * config.draws)
        draws = torch.unflatten(self.decoder.drawn(repeated, generator), 0, (config.draws, count))
        score = energy_score(batch.images, draws, config.score_patch).mean()
        return Loss(score, {"energy_score": score.detach(), "mse": _mse(batch.images, draws)})


@torch.no_grad()
def _mse(images: Tensor, draws: Tensor) -> Tensor:
    return (draws.float() - images).square().mean()


PRESETS = {
    "energy_decoder": Preset(
        model=Config(),
        recipe=Recipe(images=40_000, batch_size=16, mirror=True),
        about="a frozen code's decoder with noise, judged by the energy score (--of RUN)",
        expect="acutance train energy_decoder --of RUN --data builtin:icons --out RUN2: about 2 minutes on one core "
        "with bfloat16 units, under 1 GB; on a spatial_vae, after 24,000 images, held out, finest octave: detail ratio "
        ".70, coherence .32",
    ),
    "energy_decoder_64": gpu_preset(
        "energy_decoder_64",
        Config(),
        "a frozen code's decoder with noise, judged by the energy score",
        measured="6,400 of them, builtin:photos, one CPU core in bf16: 1.5 minutes, 1.0 GB; held out, finest "
        "detail ratio 0.118, coherence 0.001, PSNR 22.4 dB, coverage of samples 0.005",
    ),
}
