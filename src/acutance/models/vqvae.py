"""Autoencoder with a codebook: VQ-VAE (van den Oord 2017) and its later quantisers (T10, theory E).

Encoder, decoder and loss are those of the other autoencoders; only what stands between them differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from acutance.models._base import DecoderConfig, ImageShape
from acutance.models._bottleneck import Coded, QuantiserConfig
from acutance.models._distortion import DistortionConfig, Judged
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe, gpu_preset
from acutance.nn.decoder import Decoder
from acutance.nn.encoder import Encoder
from acutance.nn.latents import Codes

__all__ = ["PRESETS", "VQVAE", "Config"]


@dataclass(frozen=True, kw_only=True)
class Config(QuantiserConfig, DistortionConfig, DecoderConfig):
    """An autoencoder with codes, one at each place of the coarsest grid."""

    def build(self, shape: ImageShape) -> VQVAE:
        """A freshly initialised autoencoder."""
        return VQVAE(self, shape)


@final
class VQVAE(Judged):
    """Encoder to a map, quantiser, decoder. It has no prior over its codes, so it cannot draw samples."""

    config: Config
    decoder: Decoder

    def __init__(self, config: Config, shape: ImageShape) -> None:
        bottleneck = Coded(config.build_quantiser())
        rows, columns = config.layout.grid(shape[1], shape[2])
        super().__init__(config, shape, Decoder((bottleneck.channels, rows, columns), shape, config.layout))
        self.encoder = Encoder(shape, (bottleneck.features, rows, columns), config.layout)
        self.bottleneck = bottleneck
        self.distortion = config.distortion(shape)

    def encode(self, images: Tensor) -> Codes:
        """The codes of images."""
        codes: Codes = self.bottleneck(self.encoder(images))
        return codes

    def nearest_code(self, latents: Tensor) -> Tensor:
        """The entries that they stand for."""
        return self.bottleneck.quantiser.nearest(latents)

    def check_training_set(self, count: int) -> None:
        """Refuses a codebook that the images cannot fill.

        Raises:
            ConfigError: a codebook has more entries than the images have tokens.
        """
        rows, columns = self.decoder.grid
        self.bottleneck.check_training_set(count * rows * columns)

    def players(self) -> tuple[Player, ...]:
        """One: encoder, quantiser and decoder together."""
        return (Player(name="autoencoder", objective=_Coded(self)),)


class _Coded(Objective):
    """The likelihood at its best sigma, as for `ae`, and what the quantiser adds."""

    def __init__(self, model: VQVAE) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.bottleneck = model.bottleneck
        self.decoder = model.decoder
        self.distortion = model.distortion.ready()
        self._model = Borrowed(model)
        self._seen: Codes | None = None

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        self._seen = codes = self._model.module.encode(batch.images)
        judged: Loss = self.distortion(batch.images, self.decoder(codes.quantized))
        self._model.module.track_mse(judged.terms["mse"])
        return judged + self.bottleneck.cost(codes, batch.images[0].numel())

    def settle(self, generator: torch.Generator) -> None:
        """The quantiser learns from the codes of the turn, and the likelihood's scale follows."""
        assert self._seen is not None
        self.distortion.settle()
        self.bottleneck.settle(self._seen, generator)
        self._seen = None


PRESETS = {
    "vqvae": Preset(
        model=Config(),
        recipe=Recipe(images=28_000, batch_size=16, mirror=True),
        about="VQ-VAE, 512 entries, one code at each of the places of the coarsest grid",
        expect="acutance train vqvae --data builtin:icons --out RUN: 2.5 minutes on one CPU core, "
        "under 1 GB; perplexity about 360 of 512; held out, finest octave: coherence .40, detail ratio .40, slope 1.00",
    ),
    "vqvae_residual": Preset(
        model=Config(quantiser="residual"),
        recipe=Recipe(images=28_000, batch_size=16, mirror=True),
        about="VQ-VAE, the sum of four codes of 512 at each place",
        expect="acutance train vqvae_residual --data builtin:icons --out RUN: 3.3 minutes on one CPU core, "
        "under 1 GB; held out, finest octave: coherence .59, detail ratio .55, slope 1.04",
    ),
    "vqvae_scalar": Preset(
        model=Config(quantiser="scalar"),
        recipe=Recipe(images=28_000, batch_size=16, mirror=True),
        about="autoencoder with finite scalar codes, 1,000 of them at each place",
        expect="acutance train vqvae_scalar --data builtin:icons --out RUN: 3.7 minutes on one CPU core, "
        "under 1 GB; held out, finest octave: coherence .41, detail ratio .42, slope 1.00",
    ),
    "vqvae_64": gpu_preset(
        "vqvae_64",
        Config(entries=1024, widths=(256, 128, 64), blocks=2),
        "VQ-VAE, 1,024 entries, 8 x 8 codes",
        measured="19,200 of them, builtin:photos, one CPU core in bf16: 3.6 minutes, 0.9 GB; held out, finest "
        "detail ratio 0.012, coherence 0.000, PSNR 22.4 dB, perplexity 288",
    ),
}
