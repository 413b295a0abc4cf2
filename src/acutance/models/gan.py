"""Generative adversarial network: relativistic pairs, R1 + R2, no normalisation (Huang et al. 2024; theory E)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import DecoderConfig, Generator, ImageShape
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import GPU_RECIPE, Preset, Recipe, gpu_preset
from acutance.models._versus import ADVERSARIAL_BETAS, CriticConfig, critic_loss, generator_loss
from acutance.nn.critic import Critic
from acutance.nn.decoder import Decoder, LatentShape

__all__ = ["GAN", "PRESETS", "Config"]


@dataclass(frozen=True, kw_only=True)
class Config(CriticConfig, DecoderConfig):
    """A GAN.

    Attributes:
        latents: numbers of noise.
        latent_grid: lay them out on the coarsest grid, as many channels as they fill, so that the decoder is a spatial
            VAE's; otherwise they are a vector.
    """

    latents: int = 64
    latent_grid: bool = False

    def build(self, shape: ImageShape) -> GAN:
        """A freshly initialised GAN."""
        return GAN(self, shape)

    def latent_shape(self, shape: ImageShape) -> LatentShape:
        """The noise of one image.

        Raises:
            ConfigError: the numbers do not fill the grid evenly.
        """
        if not self.latent_grid:
            return (self.latents,)
        rows, columns = self.layout.grid(shape[1], shape[2])
        if self.latents % (rows * columns):
            raise ConfigError(
                f"{self.latents} latents do not fill a {rows} x {columns} grid evenly: take a multiple of "
                f"{rows * columns}, or a vector of them, without latent_grid"
            )
        return (self.latents // (rows * columns), rows, columns)


@final
class GAN(Generator):
    """A decoder fed with noise, and a critic."""

    config: Config

    def __init__(self, config: Config, shape: ImageShape) -> None:
        super().__init__(config, shape)
        self.decoder = Decoder(config.latent_shape(shape), shape, config.layout)
        self.critic = Critic(shape, config.critic_layout)

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws from N(0, 1), (n, *latent)."""
        return torch.randn(n, *self.decoder.latent, generator=generator, device=self.device)

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """n images as the critic sees them, not clamped."""
        images: Tensor = self.decoder(self.prior(n, generator))
        return images

    def decode(self, latents: Tensor) -> Tensor:
        """Latents (n, *latent) to images in [0, 1]."""
        images: Tensor = self.decoder(latents)
        return images.float().clamp(0, 1)

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """n images in [0, 1]."""
        return self.decode(self.prior(n, generator))

    def players(self) -> tuple[Player, ...]:
        """The critic, then the generator."""
        return (
            Player(name="critic", objective=_CriticSide(self), betas=ADVERSARIAL_BETAS),
            Player(name="generator", objective=_GeneratorSide(self), betas=ADVERSARIAL_BETAS),
        )


class _CriticSide(Objective):
    def __init__(self, model: GAN) -> None:
        super().__init__()
        self.critic = model.critic
        self._gan = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._gan.module
        with torch.no_grad():
            fakes = model.draw(len(batch.images), generator)
        return critic_loss(self.critic, batch, fakes, model.config, generator)


class _GeneratorSide(Objective):
    def __init__(self, model: GAN) -> None:
        super().__init__()
        self.decoder = model.decoder
        self._gan = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._gan.module
        fakes = model.draw(len(batch.images), generator)
        return generator_loss(model.critic, batch, fakes, model.config)


_CLIP_NORM = 10.0
"""A penalty that is taken at every eighth step, eight times as strong, is not to be clipped to the rest's size."""

_RECIPE = Recipe(images=60_000, mirror=True, clip_norm=_CLIP_NORM)

PRESETS = {
    "gan": Preset(
        model=Config(),
        recipe=_RECIPE,
        about="GAN, relativistic pairs, 64 noise numbers",
        expect="acutance train gan --data builtin:icons --out RUN: about 2.5 minutes on one CPU core with bfloat16 "
        "units, .5 GB; samples, finest octave: detail ratio about .8",
    ),
    "gan_grid": Preset(
        model=Config(latents=128, latent_grid=True, critic_widths=(64, 64, 32)),
        recipe=_RECIPE,
        about="GAN, 128 noise numbers laid out as spatial_vae's latents; the demo's GAN",
        expect="acutance train gan_grid --data builtin:icons --out RUN: about 2.5 minutes on one CPU core with "
        "bfloat16 units, 5 without, under 1 GB; samples, finest octave: detail ratio .78 to .84, coverage .25 to .28",
    ),
    "gan_64": gpu_preset(
        "gan_64",
        Config(widths=(256, 192, 128, 64), critic_widths=(256, 192, 128, 64), penalty=1.0),
        "GAN, relativistic pairs, 64 noise numbers",
        measured="6,400 of them, builtin:photos, one CPU core in bf16: 3.3 minutes, 1.2 GB; held out, finest "
        "detail ratio 0.337, coverage of samples 0.068",
        recipe=replace(GPU_RECIPE, images=5_000_000, learning_rate=3e-4, clip_norm=_CLIP_NORM),
    ),
}
