"""Autoencoder judged by pixels, features and a patch critic: VAE-GAN, VQGAN, latent diffusion's autoencoder (theory E).

The same encoder, latent and decoder as `spatial_vae` or `vqvae`; what is added is a perceptual distance and a critic.
"""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder, DecoderConfig, Generator, ImageShape
from acutance.models._bottleneck import Bottleneck, Coded, Gaussian, QuantiserConfig
from acutance.models._distortion import DistortionConfig
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe, gpu_preset
from acutance.models._versus import ADVERSARIAL_BETAS, CriticConfig, critic_loss, generator_loss
from acutance.nn.decoder import Decoder
from acutance.nn.encoder import Encoder
from acutance.nn.latents import Latent
from acutance.nn.patch_critic import PatchCritic
from acutance.nn.processes import mean_over_processes
from acutance.objectives.balance import adaptive_weight, with_gradient

__all__ = ["PRESETS", "VAEGAN", "CodedVAEGAN", "Config", "GaussianVAEGAN"]


@dataclass(frozen=True, kw_only=True)
class Config(CriticConfig, QuantiserConfig, DistortionConfig, DecoderConfig):
    """An autoencoder with a critic.

    Attributes:
        latent: "gaussian" with a divergence from N(0, 1), or "codes".
        kl_weight: multiplies the divergence in nats.
        adversarial_weight: multiplies the adversarial loss after it was made as strong, at the decoder's last layer, as
            the reconstruction loss.
        adversarial_from_step: training step from which on the decoder answers to the critic.
        critic_from_step: training step from which on the critic learns; no later than it is used.
    """

    latent: Literal["gaussian", "codes"] = "gaussian"
    kl_weight: float = 1.0
    perceptual_weight: float = 1.0
    adversarial_weight: float = 0.5
    adversarial_from_step: int = 0
    critic_from_step: int = 0

    def build(self, shape: ImageShape) -> VAEGAN:
        """A freshly initialised autoencoder and critic.

        Raises:
            ConfigError: a weight or step that is none, a critic that would be used before it learns, or an option of
                the other latent.
        """
        if not 0 <= self.adversarial_weight < math.inf:
            raise ConfigError(f"adversarial_weight is a number from 0 on, got {self.adversarial_weight}")
        if not 0 <= self.critic_from_step <= self.adversarial_from_step:
            raise ConfigError(
                f"the critic would be used from step {self.adversarial_from_step} and learn from step "
                f"{self.critic_from_step}: it has to learn before it is used"
            )
        if self.likelihood not in ("gaussian", "laplace"):
            raise ConfigError(
                f"beside a critic pixels are judged by gaussian or laplace, got likelihood {self.likelihood!r}: train "
                "a spatial_vae by it, or refit_decoder on this code"
            )
        if self.sigma == "learned":
            raise ConfigError("beside a critic the adaptive weight sets the scale: sigma is 'calibrated' or a number")
        if self.latent not in ("gaussian", "codes"):
            raise ConfigError(f"latent is gaussian or codes, got {self.latent!r}")
        if self.latent == "gaussian":
            self.refuse_idle("a Gaussian latent", ("latent_channels",), "--latent")
        elif self.kl_weight != Config.kl_weight:
            raise ConfigError(
                f"kl_weight {self.kl_weight} means nothing to codes: leave it out, or say --latent gaussian"
            )
        return GaussianVAEGAN(self, shape) if self.latent == "gaussian" else CodedVAEGAN(self, shape)


class VAEGAN(Autoencoder, abc.ABC):
    """Encoder, bottleneck, decoder, and a critic of patches.

    Args:
        config: the family's.
        shape: of the images.
        bottleneck: what stands between encoder and decoder.
    """

    config: Config
    decoder: Decoder

    def __init__(self, config: Config, shape: ImageShape, bottleneck: Bottleneck) -> None:
        rows, columns = config.layout.grid(shape[1], shape[2])
        super().__init__(config, shape, Decoder((bottleneck.channels, rows, columns), shape, config.layout))
        self.encoder = Encoder(shape, (bottleneck.features, rows, columns), config.layout)
        self.bottleneck = bottleneck
        config.critic_layout.grid(shape[1], shape[2])
        self.critic = PatchCritic(shape[0], config.critic_layout)

    def encode(self, images: Tensor) -> Latent:
        """The posterior, or the codes."""
        latent: Latent = self.bottleneck(self.encoder(images))
        return latent

    def check_training_set(self, count: int) -> None:
        """Refuses a codebook that the images cannot fill.

        Raises:
            ConfigError: a codebook has more entries than the images have tokens.
        """
        rows, columns = self.decoder.grid
        self.bottleneck.check_training_set(count * rows * columns)

    def unused_within(self, steps: int) -> str:
        """The critic, where it is to be used after the end."""
        config = self.config
        if not config.adversarial_weight or config.adversarial_from_step < steps:
            return ""
        learns = "learns only" if config.critic_from_step < steps else "does not even learn"
        return (
            f"the critic is used from step {config.adversarial_from_step:,} on and this training has {steps:,}, so it "
            f"{learns}, and outputs are judged as an autoencoder's: lower --adversarial-from-step and "
            "--critic-from-step, or show more --images"
        )

    def players(self) -> tuple[Player, ...]:
        """The critic, once it learns, then the autoencoder."""
        first = self.config.critic_from_step
        return (
            Player(name="critic", objective=_CriticSide(self), betas=ADVERSARIAL_BETAS, first=first),
            Player(name="autoencoder", objective=_AutoencoderSide(self)),
        )


@final
class GaussianVAEGAN(VAEGAN, Generator):
    """With a Gaussian latent, from whose prior it can draw."""

    def __init__(self, config: Config, shape: ImageShape) -> None:
        super().__init__(config, shape, Gaussian(config.latent_channels, config.kl_weight))

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws from N(0, 1), (n, *latent)."""
        return torch.randn(n, *self.latent_shape, generator=generator, device=self.device)

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """decode(prior)."""
        return self.decode(self.prior(n, generator))


@final
class CodedVAEGAN(VAEGAN):
    """With codes. It has no prior over them, so it cannot draw samples."""

    def __init__(self, config: Config, shape: ImageShape) -> None:
        super().__init__(config, shape, Coded(config.build_quantiser()))

    def nearest_code(self, latents: Tensor) -> Tensor:
        """The entries that they stand for."""
        assert isinstance(self.bottleneck, Coded)
        return self.bottleneck.quantiser.nearest(latents)


class _CriticSide(Objective):
    def __init__(self, model: VAEGAN) -> None:
        super().__init__()
        self.critic = model.critic
        self._model = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        with torch.no_grad():
            fakes = model.decoder(model.encode(batch.images).sample(generator))
        return critic_loss(self.critic, batch, fakes, model.config, generator)


class _AutoencoderSide(Objective):
    def __init__(self, model: VAEGAN) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.bottleneck = model.bottleneck
        self.decoder = model.decoder
        self._distortion = model.config.distortion(model.shape).ready()
        self._model = Borrowed(model)
        self._seen: Latent | None = None

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model = self._model.module
        self._seen = latent = model.encode(batch.images)
        outputs = self.decoder(latent.sample(generator))
        judged = self._judged(batch, outputs)
        added = self.bottleneck.cost(latent, batch.images[0].numel())
        model.track_mse(judged.terms["mse"])
        return judged + added

    def _judged(self, batch: Batch, outputs: Tensor) -> Loss:
        """Reconstruction alone until the critic is used; from then on both, weighed at the decoder's last layer."""
        config = self._model.module.config
        distortion: Loss = self._distortion(batch.images, outputs)
        if batch.step < config.adversarial_from_step or not config.adversarial_weight:
            return distortion
        adversarial = generator_loss(self._model.module.critic, batch, outputs, config)
        pulls = [torch.autograd.grad(loss.total, outputs)[0] for loss in (distortion, adversarial)]
        last = self.decoder.last.weight
        at_last = [torch.autograd.grad(outputs, last, pull, retain_graph=True)[0] for pull in pulls]
        weight = config.adversarial_weight * adaptive_weight(*map(mean_over_processes, at_last))
        summands = {
            "distortion": with_gradient(distortion.total, outputs, pulls[0]),
            "adversarial": with_gradient(weight * adversarial.total, outputs, weight * pulls[1]),
        }
        terms = {**distortion.terms, **adversarial.terms, "adversarial_weight": weight}
        return Loss(summands["distortion"] + summands["adversarial"], terms, summands)

    def settle(self, generator: torch.Generator) -> None:
        """The bottleneck learns from the latents of the turn."""
        assert self._seen is not None
        self.bottleneck.settle(self._seen, generator)
        self._seen = None


PRESETS = {
    "vaegan": Preset(
        model=Config(critic_widths=(32,), adversarial_from_step=600, critic_from_step=400),
        recipe=Recipe(images=28_000, batch_size=16, mirror=True),
        about="spatial_vae with a perceptual loss and a patch critic",
        expect="acutance train vaegan --data builtin:icons --out RUN: 8.6 minutes on one CPU core, "
        "under 1 GB; held out, finest octave: coherence .46, detail ratio .53",
    ),
    "vqgan": Preset(
        model=Config(
            latent="codes",
            critic_widths=(32,),
            adversarial_weight=1.5,
            adversarial_from_step=600,
            critic_from_step=400,
        ),
        recipe=Recipe(images=28_000, batch_size=16, mirror=True),
        about="vqvae with a perceptual loss and a patch critic",
        expect="acutance train vqgan --data builtin:icons --out RUN: 8.8 minutes on one CPU core, "
        "under 1 GB; held out, finest octave: coherence .24, detail ratio .86",
    ),
    "vaegan_64": gpu_preset(
        "vaegan_64",
        Config(
            widths=(256, 128, 64),
            blocks=2,
            critic_widths=(128, 64),
            adversarial_from_step=10_000,
            critic_from_step=8_000,
        ),
        "spatial_vae with a perceptual loss and a patch critic",
        measured="5,120 of them, builtin:photos, one CPU core in bf16: 1.4 minutes, 1.3 GB; held out, finest "
        "detail ratio 0.092, coherence 0.000, PSNR 20.8 dB, coverage of samples 0.025",
    ),
    "vqgan_128": gpu_preset(
        "vqgan_128",
        Config(
            latent="codes",
            entries=1024,
            widths=(256, 128, 64),
            blocks=2,
            critic_widths=(128, 64),
            adversarial_weight=1.5,
            adversarial_from_step=10_000,
            critic_from_step=8_000,
        ),
        "vqvae with a perceptual loss and a patch critic, 16 x 16 codes",
        measured="1,280 of them, builtin:photos, one CPU core in bf16: 1.5 minutes, 2.7 GB; held out, finest "
        "detail ratio 0.125, coherence 0.000, PSNR 15.1 dB, perplexity 13",
        size=128,
    ),
}
