"""The two sides of an adversarial game on paired real and fake images, for every family that plays it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.models._base import ModelConfig
from acutance.models._player import Batch, Loss
from acutance.nn.layout import Layout
from acutance.objectives.adversarial import gradient_penalty, relativistic

__all__ = ["ADVERSARIAL_BETAS", "CriticConfig", "critic_loss", "generator_loss", "relative_spread"]

ADVERSARIAL_BETAS = (0.0, 0.99)


@dataclass(frozen=True, kw_only=True)
class CriticConfig(ModelConfig):
    """The part of a config that every family with a critic has.

    Attributes:
        critic_widths: features of each stage of the critic, coarse to fine.
        critic_blocks: residual blocks per stage.
        critic_patch: sides, in pixels, of the patch that one point of its finest grid holds.
        penalty: weight gamma of R1 + R2.
        penalty_every: take the penalty at every so many steps, so many times as strong.
    """

    critic_widths: tuple[int, ...] = (128, 64, 32)
    critic_blocks: int = 1
    critic_patch: int = 2
    penalty: float = 0.2
    penalty_every: int = 8

    def __post_init__(self) -> None:
        """Refuses a penalty that is none.

        Raises:
            ConfigError: naming the option, what it was and what it may be.
        """
        if not 0 <= self.penalty < math.inf:
            raise ConfigError(f"penalty is a number from 0 on, got {self.penalty}")
        if self.penalty_every < 1:
            raise ConfigError(f"penalty_every is a number of steps, at least 1, got {self.penalty_every}")

    @property
    def critic_layout(self) -> Layout:
        """Stages and patch of the critic."""
        return Layout(widths=self.critic_widths, blocks=self.critic_blocks, patch=self.critic_patch)


def critic_loss(critic: nn.Module, batch: Batch, fakes: Tensor, config: CriticConfig) -> Loss:
    """softplus(-(D(x) - D(r))) + gamma/2 (R1 + R2), the penalty taken lazily (theory E).

    Args:
        critic: the critic being trained, of whole images or of patches.
        batch: real images.
        fakes: as many, without gradient.
        config: the penalty's weight, and at which steps it is taken.
    """
    images = torch.cat([batch.images, fakes.to(batch.images.dtype)])
    terms: dict[str, Tensor] = {}
    total = images.new_zeros(())
    if batch.step % config.penalty_every == 0:
        logits, slope = gradient_penalty(critic, images)
        squared = slope.float().mean()  # the mean over real and fake: (R1 + R2) / 2
        total = config.penalty_every * config.penalty * squared
        terms["penalty"] = squared.detach()
    else:
        logits = critic(images)
    real, fake = logits.float().chunk(2)
    adversarial = relativistic(real, fake).mean()
    terms |= {"adversarial": adversarial.detach(), "logit_gap": (real - fake).mean().detach()}
    return Loss(total + adversarial, terms)


def generator_loss(critic: nn.Module, batch: Batch, fakes: Tensor) -> Loss:
    """softplus(-(D(r) - D(x))), with the spread of the fakes over the batch relative to that of the real images.

    Args:
        critic: frozen for this turn.
        batch: real images.
        fakes: as many, with gradient.
    """
    fake = critic(fakes).float()
    with torch.no_grad():
        real = critic(batch.images).float()
    total = relativistic(fake, real).mean()
    return Loss(total, {"adversarial": total.detach(), "spread": relative_spread(fakes, batch.images)})


@torch.no_grad()
def relative_spread(fakes: Tensor, images: Tensor) -> Tensor:
    """The spread of fakes over a batch relative to that of real images; a collapse brings it to 0."""
    return _spread(fakes) / _spread(images).clamp_min(1e-6)


def _spread(images: Tensor) -> Tensor:
    """Standard deviation over the batch, averaged over pixels; 0 for a single image."""
    return images.float().std(0, correction=0).mean()
