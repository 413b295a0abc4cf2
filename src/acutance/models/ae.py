"""Deterministic autoencoder: the VAE without noise and without a rate; one change, same everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from acutance.models._base import DecoderConfig, ImageShape
from acutance.models._distortion import DistortionConfig, Judged
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe, gpu_preset
from acutance.nn.decoder import Decoder
from acutance.nn.encoder import Encoder
from acutance.nn.latents import Dirac

__all__ = ["AE", "PRESETS", "Config"]


@dataclass(frozen=True, kw_only=True)
class Config(DistortionConfig, DecoderConfig):
    """A deterministic autoencoder.

    Attributes:
        latents: numbers in the latent vector.
    """

    latents: int = 64

    def build(self, shape: ImageShape) -> AE:
        """A freshly initialised autoencoder."""
        return AE(self, shape)


@final
class AE(Judged):
    """Encoder to a point, decoder to an image. It has no prior, so it cannot draw samples."""

    config: Config

    def __init__(self, config: Config, shape: ImageShape) -> None:
        super().__init__(config, shape, Decoder((config.latents,), shape, config.layout))
        self.encoder = Encoder(shape, (config.latents,), config.layout)
        self.distortion = config.distortion(shape)

    def encode(self, images: Tensor) -> Dirac:
        """The code, a point."""
        return Dirac(self.encoder(images).float())

    def players(self) -> tuple[Player, ...]:
        """One: encoder and decoder together."""
        return (Player(name="autoencoder", objective=_Reconstruction(self)),)


class _Reconstruction(Objective):
    """The likelihood at its best sigma: its minimiser is that of the squared error, its scale is not."""

    def __init__(self, model: AE) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.decoder = model.decoder
        self.distortion = model.distortion.ready()
        self._ae = Borrowed(model)

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        outputs = self.decoder(self.encoder(batch.images).float())
        judged: Loss = self.distortion(batch.images, outputs)
        self._ae.module.track_mse(judged.terms["mse"])
        return Loss(judged.total, judged.terms, judged.summands if len(judged.summands) > 1 else {})

    def settle(self, generator: torch.Generator) -> None:
        """The likelihood's scale follows."""
        self.distortion.settle()


PRESETS = {
    "ae": Preset(
        model=Config(),
        recipe=Recipe(images=40_000, batch_size=16, mirror=True),
        about="autoencoder, 64 numbers, squared error",
        expect="acutance train ae --data builtin:icons --out RUN: about 2 minutes on one core without bfloat16 units, "
        "under 1 GB; after 28,000 images, held out, finest octave: coherence .44, detail ratio .45",
    ),
    "ae_64": gpu_preset(
        "ae_64",
        Config(latents=256, widths=(256, 192, 128, 64)),
        "autoencoder, 256 numbers, squared error",
        measured="6,400 of them, builtin:photos, one CPU core in bf16: 0.8 minutes, 0.8 GB; held out, finest "
        "detail ratio 0.025, coherence 0.000, PSNR 18.7 dB",
    ),
}
