"""The two sides of an adversarial game on paired real and fake images, for every family that plays it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.models._base import ModelConfig
from acutance.models._player import Batch, Loss
from acutance.nn.layout import Layout
from acutance.objectives.adversarial import GAMES, between, gradient_penalty, unit_slope

__all__ = ["ADVERSARIAL_BETAS", "CriticConfig", "GameConfig", "critic_loss", "generator_loss", "relative_spread"]

ADVERSARIAL_BETAS = (0.0, 0.99)
GameName = Literal["relativistic", "non_saturating", "hinge", "wasserstein"]
PenaltyTerms = Literal["r1+r2", "r1", "r2"]


@dataclass(frozen=True, kw_only=True)
class GameConfig(ModelConfig):
    """The part of a config that every adversarial family has.

    Attributes:
        game: "relativistic", "non_saturating", "hinge" or "wasserstein".
        penalty: weight gamma of R1 + R2, or of the one that is asked for; 0 leaves it out.
        penalty_terms: "r1" holds the critic's slope at real images, "r2" at fakes, "r1+r2" at both.
        unit_slope_penalty: weight lambda of (|slope| - 1)^2 between real and fake images (WGAN-GP has 10); 0 leaves it
            out.
        penalty_every: take the penalties at every so many steps, so many times as strong.
    """

    game: GameName = "relativistic"
    penalty: float = 0.2
    penalty_terms: PenaltyTerms = "r1+r2"
    unit_slope_penalty: float = 0.0
    penalty_every: int = 8

    def __post_init__(self) -> None:
        """Refuses a penalty that is none.

        Raises:
            ConfigError: naming the option, what it was and what it may be.
        """
        if self.game not in GAMES:
            raise ConfigError(f"game is one of {', '.join(GAMES)}, got {self.game!r}")
        for name, weight in (("penalty", self.penalty), ("unit_slope_penalty", self.unit_slope_penalty)):
            if not 0 <= weight < math.inf:
                raise ConfigError(f"{name} is a number from 0 on, got {weight}")
        if self.penalty_terms not in get_args(PenaltyTerms):
            terms = ", ".join(get_args(PenaltyTerms))
            raise ConfigError(f"penalty_terms is one of {terms}, got {self.penalty_terms!r}")
        if self.penalty_terms != "r1+r2" and not self.penalty:
            raise ConfigError(f"penalty_terms is {self.penalty_terms}, but its weight, penalty, is 0: give it one")
        if not (GAMES[self.game].bounded or self.penalty or self.unit_slope_penalty):
            raise ConfigError(f"in the {self.game} game nothing holds the critic: give unit_slope_penalty or penalty")
        if self.penalty_every < 1:
            raise ConfigError(f"penalty_every is a number of steps, at least 1, got {self.penalty_every}")


@dataclass(frozen=True, kw_only=True)
class CriticConfig(GameConfig):
    """The part of a config that every family with a critic of stages has.

    Attributes:
        critic_widths: features of each stage of the critic, coarse to fine.
        critic_blocks: residual blocks per stage.
        critic_patch: sides, in pixels, of the patch that one point of its finest grid holds.
    """

    critic_widths: tuple[int, ...] = (128, 64, 32)
    critic_blocks: int = 1
    critic_patch: int = 2

    @property
    def critic_layout(self) -> Layout:
        """Stages and patch of the critic."""
        return Layout(widths=self.critic_widths, blocks=self.critic_blocks, patch=self.critic_patch)


def critic_loss(critic: nn.Module, batch: Batch, fakes: Tensor, config: GameConfig, generator: torch.Generator) -> Loss:
    """The critic's side of the game, softplus(-(D(x) - D(r))) for relativistic pairs, and its penalties, taken lazily.

    The penalties are gamma/2 (R1 + R2), or gamma/2 times one of them, and lambda (|slope| - 1)^2 between real and fake
    (theory E).

    Args:
        critic: the critic being trained, of whole images, of patches or of pairs.
        batch: real images.
        fakes: as many, without gradient.
        config: the game, the penalties' weights, and at which steps they are taken.
        generator: of the points between real and fake.
    """
    images = torch.cat([batch.images, fakes.to(batch.images.dtype)])
    terms: dict[str, Tensor] = {}
    total = images.new_zeros(())
    now = batch.step % config.penalty_every == 0
    if now and config.penalty:
        logits, slope = gradient_penalty(critic, images)
        squared = _half_of(slope.float(), config.penalty_terms)
        total = config.penalty_every * config.penalty * squared
        terms["penalty"] = squared.detach()
    else:
        logits = critic(images)
    if now and config.unit_slope_penalty:
        _, slope = gradient_penalty(critic, between(batch.images, fakes, generator))
        off = unit_slope(slope.float()).mean()
        total = total + config.penalty_every * config.unit_slope_penalty * off
        terms["unit_slope"] = off.detach()
    real, fake = logits.float().chunk(2)
    game = GAMES[config.game]
    adversarial = game.critic(real, fake).mean()
    gap = "logit_gap" if game.bounded else "distance"
    terms |= {"adversarial": adversarial.detach(), gap: (real - fake).mean().detach()}
    return Loss(total + adversarial, terms)


def _half_of(slope: Tensor, terms: PenaltyTerms) -> Tensor:
    """(R1 + R2) / 2, R1 / 2 or R2 / 2, from squared slopes at real images, then at as many fakes."""
    if terms == "r1+r2":
        return slope.mean()
    real, fake = slope.chunk(2)
    return (real if terms == "r1" else fake).mean() / 2


def generator_loss(critic: nn.Module, batch: Batch, fakes: Tensor, config: GameConfig) -> Loss:
    """The generator's side, softplus(-(D(r) - D(x))) for relativistic pairs, with the fakes' `relative_spread`.

    Args:
        critic: frozen for this turn.
        batch: real images.
        fakes: as many, with gradient.
        config: the game.
    """
    fake = critic(fakes).float()
    with torch.no_grad():
        real = critic(batch.images).float()
    total = GAMES[config.game].generator(real, fake).mean()
    return Loss(total, {"adversarial": total.detach(), "spread": relative_spread(fakes, batch.images)})


@torch.no_grad()
def relative_spread(fakes: Tensor, images: Tensor) -> Tensor:
    """The spread of fakes over a batch relative to that of real images; a collapse brings it to 0.

    A batch of one tells nothing of it, and counts as 1.
    """
    if len(fakes) < 2:
        return fakes.new_ones(())
    return _spread(fakes) / _spread(images).clamp_min(1e-6)


def _spread(images: Tensor) -> Tensor:
    """Standard deviation over the batch, averaged over pixels."""
    return images.float().std(0, correction=0).mean()
