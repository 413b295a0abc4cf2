"""Generative adversarial network: relativistic pairs, R1 + R2, no normalisation (Huang et al. 2024; theory E)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from acutance.models._base import Generator, ImageShape, ModelConfig
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe
from acutance.nn.critic import Critic
from acutance.nn.decoder import Decoder
from acutance.objectives.adversarial import gradient_penalty, relativistic

__all__ = ["GAN", "PRESETS", "Config"]


@dataclass(frozen=True, kw_only=True)
class Config(ModelConfig):
    """A GAN.

    Attributes:
        latents: numbers in the noise vector.
        widths: features of each stage of the generator, coarse to fine.
        blocks: residual blocks per stage.
        critic_widths: features of each stage of the critic, coarse to fine.
        penalty: weight gamma of R1 + R2.
        penalty_every: take the penalty at every so many steps, so many times as strong.
    """

    latents: int = 64
    widths: tuple[int, ...] = (128, 64, 48)
    blocks: int = 1
    critic_widths: tuple[int, ...] = (128, 64, 48)
    penalty: float = 0.02
    penalty_every: int = 8

    def build(self, shape: ImageShape) -> GAN:
        """A freshly initialised GAN."""
        return GAN(self, shape)


@final
class GAN(Generator):
    """A decoder fed with noise, and a critic."""

    config: Config

    def __init__(self, config: Config, shape: ImageShape) -> None:
        super().__init__(config, shape)
        self.decoder = Decoder((config.latents,), shape, config.widths, config.blocks)
        self.critic = Critic(shape, config.critic_widths, config.blocks)

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """n images as the critic sees them, not clamped."""
        noise = torch.randn(n, self.config.latents, generator=generator, device=self.device)
        images: Tensor = self.decoder(noise)
        return images

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """n images in [0, 1]."""
        return self.draw(n, generator).float().clamp(0, 1)

    def players(self) -> tuple[Player, ...]:
        """The critic, then the generator."""
        return (
            Player(name="critic", objective=_CriticSide(self), betas=(0.0, 0.99)),
            Player(name="generator", objective=_GeneratorSide(self), betas=(0.0, 0.99)),
        )


class _CriticSide(Objective):
    def __init__(self, model: GAN) -> None:
        super().__init__()
        self.critic = model.critic
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        assert isinstance(model, GAN)
        with torch.no_grad():
            fakes = model.draw(len(batch.images), generator)
        config = model.config
        return critic_loss(self.critic, batch, fakes, penalty=config.penalty, every=config.penalty_every)


class _GeneratorSide(Objective):
    def __init__(self, model: GAN) -> None:
        super().__init__()
        self.decoder = model.decoder
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        assert isinstance(model, GAN)
        fakes = model.draw(len(batch.images), generator)
        logits = model.critic(torch.cat([batch.images, fakes])).float()
        total = relativistic(*logits.chunk(2)[::-1]).mean()
        with torch.no_grad():
            spread = fakes.float().std(0).mean() / batch.images.std(0).mean().clamp_min(1e-6)
        return Loss(total, {"adversarial": total.detach(), "spread": spread})


def critic_loss(critic: Critic, batch: Batch, fakes: Tensor, *, penalty: float, every: int) -> Loss:
    """The relativistic critic's loss on paired real and fake images, with R1 + R2 at every `every`-th step.

    Args:
        critic: the critic being trained.
        batch: real images.
        fakes: as many, without gradient.
        penalty: gamma; the loss carries gamma / 2 (R1 + R2).
        every: the penalty is taken at steps divisible by this, `every` times as strong.
    """
    images = torch.cat([batch.images, fakes.to(batch.images.dtype)])
    terms: dict[str, Tensor] = {}
    if batch.step % every == 0:
        logits, slope = gradient_penalty(critic, images)
        total = every * penalty * slope.float().mean()  # gamma/2 (E R1 + E R2): the mean over both halves, twice
        terms["penalty"] = slope.float().mean().detach()
    else:
        logits = critic(images)
        total = images.new_zeros(())
    real, fake = logits.float().chunk(2)
    adversarial = relativistic(real, fake).mean()
    terms |= {"adversarial": adversarial.detach(), "logit_gap": (real - fake).mean().detach()}
    return Loss(total + adversarial, terms)
