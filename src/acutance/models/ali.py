"""Adversarially learned inference, or BiGAN: a GAN with an encoder, its critic on pairs of image and latent (theory E).

Nothing here compares an image with its reconstruction. Where the critic cannot tell (x, z ~ q(z|x)) from (G(z), z ~ p),
encoder and decoder are each other's inverse; short of that reconstructions are crisp and may be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor

from acutance.models._base import Autoencoder, DecoderConfig, Generator, ImageShape
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import GPU_RECIPE, Preset, Recipe, gpu_preset
from acutance.models._versus import ADVERSARIAL_BETAS, CriticConfig, critic_loss, relative_spread
from acutance.nn.decoder import Decoder
from acutance.nn.encoder import Encoder
from acutance.nn.latents import DiagonalNormal
from acutance.nn.pair_critic import PairCritic
from acutance.objectives.adversarial import GAMES

__all__ = ["ALI", "PRESETS", "Config"]

_FARTHEST = 4.0


@dataclass(frozen=True, kw_only=True)
class Config(CriticConfig, DecoderConfig):
    """A GAN that infers its noise.

    Attributes:
        latents: numbers of noise.
    """

    latents: int = 64

    def build(self, shape: ImageShape) -> ALI:
        """Freshly initialised encoder, decoder and critic."""
        return ALI(self, shape)


@final
class ALI(Autoencoder, Generator):
    """An encoder to a Gaussian, a decoder of noise, and a critic of pairs."""

    config: Config

    def __init__(self, config: Config, shape: ImageShape) -> None:
        super().__init__(config, shape, Decoder((config.latents,), shape, config.layout))
        self.encoder = Encoder(shape, (2 * config.latents,), config.layout)
        self.critic = PairCritic(shape, config.latents, config.critic_layout)

    def encode(self, images: Tensor) -> DiagonalNormal:
        """q(z|x), its mean within +-4 and its standard deviation below 1: where draws from the prior are, too.

        Without these bounds the encoder wins against any critic of finite slope by making its latents large.
        """
        mean, raw = self.encoder(images).float().chunk(2, dim=1)
        return DiagonalNormal(_FARTHEST * torch.tanh(mean / _FARTHEST), -F.softplus(raw))

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws from N(0, 1), (n, latents)."""
        return torch.randn(n, *self.latent_shape, generator=generator, device=self.device)

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """decode(prior)."""
        return self.decode(self.prior(n, generator))

    def players(self) -> tuple[Player, ...]:
        """The critic, then encoder and decoder together."""
        return (
            Player(name="critic", objective=_CriticSide(self), betas=ADVERSARIAL_BETAS),
            Player(name="generator", objective=_GeneratorSide(self), betas=ADVERSARIAL_BETAS),
        )


@dataclass(frozen=True)
class _Played:
    """Both kinds of pairs: `real` with an inferred latent, `fake` with a drawn one."""

    posterior: DiagonalNormal
    images: Tensor
    real: Tensor
    fake: Tensor


def _play(model: ALI, batch: Batch, generator: torch.Generator) -> _Played:
    posterior = model.encode(batch.images)
    real = PairCritic.joined(batch.images, posterior.sample(generator))
    noise = model.prior(len(batch.images), generator)
    images = model.decoder(noise)
    return _Played(posterior, images, real, PairCritic.joined(images, noise))


class _CriticSide(Objective):
    def __init__(self, model: ALI) -> None:
        super().__init__()
        self.critic = model.critic
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        with torch.no_grad():
            played = _play(model, batch, generator)
        return critic_loss(self.critic, replace(batch, images=played.real), played.fake, model.config, generator)


class _GeneratorSide(Objective):
    """Each side's pairs are to pass for the other's: of relativistic pairs softplus(-(D(G(z), z) - D(x, q)))."""

    def __init__(self, model: ALI) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.decoder = model.decoder
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        played = _play(model, batch, generator)
        real, fake = model.critic(torch.cat([played.real, played.fake])).float().chunk(2)
        game = GAMES[model.config.game]
        total = 0.5 * (game.generator(real, fake) + game.generator(-fake, -real)).mean()
        spread = relative_spread(played.images, batch.images)
        rate = played.posterior.cost().mean()
        return Loss(total, {"adversarial": total.detach(), "spread": spread, "rate_nats": rate.detach()})


PRESETS = {
    "ali": Preset(
        model=Config(critic_widths=(64, 64, 32), penalty=0.1, penalty_every=4),
        recipe=Recipe(images=28_000, batch_size=16, mirror=True, learning_rate=1e-3, clip_norm=10.0),
        about="GAN with an encoder, its critic on pairs of image and latent, 64 noise numbers",
        expect="acutance train ali --data builtin:icons --out RUN: 2 to 4 minutes on one CPU core with "
        "bfloat16 units, under 1 GB; held out: rate 47 to 93 bits, coherence about .24 in the lowest octave and 0 in "
        "the finest, where the detail ratio is .91 to 1.07: crisp, of the rough shape, and otherwise wrong; samples: "
        "detail ratio about .81, coverage .20 to .23",
    ),
    "ali_64": gpu_preset(
        "ali_64",
        Config(
            latents=128, widths=(256, 192, 128, 64), critic_widths=(256, 192, 128, 64), penalty=1.0, penalty_every=4
        ),
        "GAN with an encoder, its critic on pairs of image and latent, 128 noise numbers",
        measured="3,840 of them, builtin:photos, one CPU core in bf16: 1.6 minutes, 1.3 GB; held out, finest "
        "detail ratio 0.227, coherence 0.000, PSNR 11.2 dB, coverage of samples 0.045",
        recipe=replace(GPU_RECIPE, images=5_000_000, learning_rate=3e-4, clip_norm=10.0),
    ),
}
