"""Image to image, from pairs: a U-Net, pixel losses and a critic of patches (Isola et al. 2017; theory E).

The weights make the rows of the paper's Table 1: `--gan-weight 0` is L1 alone, `--l1-weight 0` cGAN alone,
`--no-conditional` GAN; `--critic-field` makes those of its patch sizes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, final, get_args

import torch
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.models._base import DecoderConfig, ImageShape, Translator
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe, gpu_preset
from acutance.models._versus import (
    ADVERSARIAL_BETAS,
    GameConfig,
    GameName,
    critic_loss,
    generator_loss,
    relative_spread,
)
from acutance.nn.critic import Critic
from acutance.nn.field_critic import FieldCritic
from acutance.nn.layout import Layout
from acutance.nn.processes import mean_over_processes, over_processes
from acutance.nn.unet import Noises, UNet
from acutance.objectives.diversity import LEAST_MSE, error_of_the_mean, lacking_diversity, output_diversity
from acutance.objectives.gaussian import squared_error
from acutance.objectives.laplace import absolute_error

__all__ = ["PRESETS", "Config", "Pix2Pix"]

_PAPER_PX = 256
_PAPER_RANGE = 2.0  # the paper's pixels lie in [-1, 1]; its weights are kept
_CRITIC_GRID = 4
Noise = Literal["dropout", "latent", "none"]


@dataclass(frozen=True, kw_only=True)
class Config(GameConfig, DecoderConfig):
    """A translator of images.

    Attributes:
        l1_weight: of the mean absolute error of pixels counted in [-1, 1], as in the paper.
        l2_weight: of their mean squared error.
        gan_weight: of the adversarial loss; 0 has no critic.
        conditional: show the critic the input beside the output, so that it judges whether they belong together.
        critic_field: side of what one of the critic's logits sees, in pixels of a 256 px image (1, 16, 70, or 286 for
            the whole); scaled to the images.
        critic_features: of every layer of the critic.
        noise: "dropout" of features, "latent" numbers on the coarsest grid, or "none".
        dropout: share of features dropped, in training and after it.
        latents: channels of noise numbers.
        diversity_weight: weight of what two outputs for one input differ too little, by the error of their mean (T11).
    """

    learns_from: ClassVar[Literal["images", "pairs"]] = "pairs"

    game: GameName = "non_saturating"
    l1_weight: float = 100.0
    l2_weight: float = 0.0
    gan_weight: float = 1.0
    conditional: bool = True
    critic_field: int = 70
    critic_features: int = 64
    noise: Noise = "dropout"
    dropout: float = 0.5
    latents: int = 8
    diversity_weight: float = 0.0

    def build(self, shape: ImageShape) -> Pix2Pix:
        """A freshly initialised translator.

        Raises:
            ConfigError: a weight, field or noise that is none, nothing to learn from, or outputs are to differ that
                have no noise to differ by.
        """
        for name in ("l1_weight", "l2_weight", "gan_weight", "diversity_weight"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is a number from 0 on, got {getattr(self, name)}")
        if not (self.l1_weight or self.l2_weight or self.gan_weight):
            raise ConfigError("l1_weight, l2_weight and gan_weight are all 0: outputs have to be judged by something")
        if self.noise not in get_args(Noise):
            raise ConfigError(f"noise is one of {', '.join(get_args(Noise))}, got {self.noise!r}")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout is a share of features, from 0 to below 1, got {self.dropout}")
        still = self.noise == "none" or (self.noise == "dropout" and not self.dropout)
        if self.diversity_weight and still:
            raise ConfigError("diversity_weight asks outputs of one input to differ: give them noise to do so")
        for name in ("critic_field", "critic_features", "latents"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is a whole number, at least 1, got {getattr(self, name)}")
        self._refuse_idle_noise()
        return Pix2Pix(self, shape)

    def _refuse_idle_noise(self) -> None:
        """Raises ConfigError where a number of another kind of noise was set."""
        for option, noise in (("dropout", "dropout"), ("latents", "latent")):
            value = getattr(self, option)
            if self.noise != noise and value != getattr(Config, option):
                raise ConfigError(f"{option} {value} means nothing to noise {self.noise}: leave it out, or say {noise}")

    def critic(self, shape: ImageShape) -> nn.Module:
        """The critic of images of a shape, the input's channels among them where it is conditional."""
        channels, height, width = shape
        seen = (2 * channels if self.conditional else channels, height, width)
        side = min(height, width)
        field_px = max(1, round(self.critic_field * side / _PAPER_PX))
        if field_px < side:
            return FieldCritic(seen, field_px, self.critic_features)
        stages = max(1, (side // (_CRITIC_GRID * self.patch)).bit_length())
        return Critic(seen, Layout(widths=(self.critic_features,) * stages, patch=self.patch))


@final
class Pix2Pix(Translator):
    """A U-Net, and a critic where there is an adversarial loss."""

    config: Config

    def __init__(self, config: Config, shape: ImageShape) -> None:
        super().__init__(config, shape)
        latents = config.latents if config.noise == "latent" else 0
        dropout = config.dropout if config.noise == "dropout" else 0.0
        self.unet = UNet(shape, config.layout, latents=latents, dropout=dropout)
        self.critic = config.critic(shape) if config.gan_weight else None

    def translate(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images (N, C, H, W) in [0, 1] to as many of the other kind, in [0, 1]; its noise is drawn here, too.

        Raises:
            InputError: images of another shape or range.
        """
        self.check_images(images)
        translated: Tensor = self.unet(images, generator)
        return translated.float().clamp(0, 1)

    def translation(self, generator: torch.Generator) -> nn.Module:
        """The U-Net with one draw of its noise."""
        return _Still(self.unet, self.unet.noise_of(1, generator))

    def players(self) -> tuple[Player, ...]:
        """The critic, if there is one, then the generator."""
        generator = Player(name="generator", objective=_GeneratorSide(self), betas=ADVERSARIAL_BETAS)
        if self.critic is None:
            return (generator,)
        critic = Player(name="critic", objective=_CriticSide(self, self.critic), betas=ADVERSARIAL_BETAS)
        return (critic, generator)

    def judged(self, inputs: Tensor, outputs: Tensor) -> Tensor:
        """What the critic is shown of some outputs, or of some targets."""
        return torch.cat([inputs, outputs.to(inputs.dtype)], dim=1) if self.config.conditional else outputs


class _Still(nn.Module):
    """A U-Net whose noise is one field, the same for every image."""

    def __init__(self, unet: UNet, noise: Noises) -> None:
        super().__init__()
        self.unet = unet
        self.noise = noise

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in [0, 1] to as many."""
        return self.unet.translated(images, self.noise).float().clamp(0, 1)


class _CriticSide(Objective):
    def __init__(self, model: Pix2Pix, critic: nn.Module) -> None:
        super().__init__()
        self.critic = critic
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        inputs, targets = batch.images.chunk(2, dim=1)
        with torch.no_grad():
            fakes = model.judged(inputs, model.unet(inputs, generator))
        real = replace(batch, images=model.judged(inputs, targets))
        return critic_loss(self.critic, real, fakes, model.config, generator)


class _GeneratorSide(Objective):
    def __init__(self, model: Pix2Pix) -> None:
        super().__init__()
        self.unet = model.unet
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model, config = self._model.module, self._model.module.config
        inputs, targets = batch.images.chunk(2, dim=1)
        outputs = self.unet(inputs, generator)
        loss = _pixel_loss(config, targets, outputs)
        if config.diversity_weight:
            loss += _diversity_loss(config, targets, outputs, self.unet(inputs, generator))
        if model.critic is None:
            return loss
        real = replace(batch, images=model.judged(inputs, targets))
        game = generator_loss(model.critic, real, model.judged(inputs, outputs), config)
        adversarial = config.gan_weight * game.total
        terms = {**game.terms, "spread": relative_spread(outputs, targets)}
        return loss + Loss(adversarial, terms, {"adversarial": adversarial})


def _pixel_loss(config: Config, targets: Tensor, outputs: Tensor) -> Loss:
    """l1_weight * mean absolute error + l2_weight * mean squared error, in the paper's range."""
    values = targets[0].numel()
    l1 = absolute_error(targets, outputs).mean() / values
    l2 = squared_error(targets, outputs).mean() / values
    weighed = {"l1": config.l1_weight * _PAPER_RANGE * l1, "l2": config.l2_weight * _PAPER_RANGE**2 * l2}
    summands = {name: value for name, value in weighed.items() if getattr(config, f"{name}_weight")}
    total = sum(summands.values(), l1.new_zeros(()))
    return Loss(total, {"mae": l1.detach(), "mse": l2.detach()}, summands)


def _diversity_loss(config: Config, targets: Tensor, outputs: Tensor, others: Tensor) -> Loss:
    """diversity_weight * lacking diversity, where other noise made the others."""
    mse = mean_over_processes(error_of_the_mean(targets, outputs, others)).clamp_min(LEAST_MSE)
    lacking = lacking_diversity(over_processes(output_diversity(outputs, others, mse)))
    weighed = config.diversity_weight * lacking
    return Loss(weighed, {"lacking_diversity": lacking.detach()}, {"diversity": weighed})


_GENTLE = Recipe(
    images=16_000, batch_size=16, mirror=True, learning_rate=1e-3, clip_norm=0.0, ema_half_life_images=1_000
)
# The paper's L1 weight of 100 belongs to a critic with batch normalisation; beside this one, whose slope is held by a
# penalty, it leaves L1 nearly alone (docs/log.md).
PRESETS = {
    "pix2pix": Preset(
        model=Config(widths=(64, 48, 24), l1_weight=3.0, penalty=0.02, critic_features=48),
        recipe=_GENTLE,
        about="pix2pix from pairs: U-Net, L1 and a conditional critic of patches",
        expect="acutance train pix2pix --data builtin:icon-pairs --out RUN: 1 to 5 minutes on one CPU core "
        "with bfloat16 units, under 1 GB; after 10,000 of its images, held out, finest "
        "octave: detail ratio .70, coherence .46, noise use .04",
    ),
    "pix2pix_256": gpu_preset(
        "pix2pix_256",
        Config(widths=(256, 192, 128, 64), blocks=2, patch=4, l1_weight=3.0, penalty=0.02, critic_features=128),
        "pix2pix from pairs, 10 million parameters",
        measured="640 of them, edges:builtin:photos, one CPU core in bf16: 1.4 minutes, 1.4 GB; held out, "
        "finest detail ratio 0.740, coherence 0.000, PSNR 11.2 dB, noise use 0.01",
        size=256,
        data="ab:FOLDER",
        recipe=Recipe(
            images=400_000, batch_size=16, mirror=True, learning_rate=5e-4, clip_norm=0.0, ema_half_life_images=10_000
        ),
    ),
}
