"""VAE with a latent map: a 1 x 1 convolution on the coarsest features, no flattening and no dense layer (theory E).

Each place of the map describes its own part of the image, so the same number of latents holds more of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from acutance.models._base import DecoderConfig, ImageShape
from acutance.models._distortion import DistortionConfig
from acutance.models._recipe import Preset, Recipe, gpu_preset
from acutance.models._vae import VAE

__all__ = ["PRESETS", "Config"]


@dataclass(frozen=True, kw_only=True)
class Config(DistortionConfig, DecoderConfig):
    """A spatial VAE.

    Attributes:
        latent_channels: numbers at each place of the coarsest grid; they set the information in the code.
        kl_weight: multiplies the KL in nats; the likelihood is summed over pixels.
    """

    latent_channels: int = 8
    kl_weight: float = 1.0

    def build(self, shape: ImageShape) -> VAE:
        """A freshly initialised spatial VAE."""
        rows, columns = self.layout.grid(shape[1], shape[2])
        return VAE(
            self,
            shape,
            latent=(self.latent_channels, rows, columns),
            layout=self.layout,
            kl_weight=self.kl_weight,
        )


PRESETS = {
    "spatial_vae": Preset(
        model=Config(),
        recipe=Recipe(images=28_000, batch_size=16, mirror=True),
        about="VAE with a latent map, 8 numbers at each place; the demo's VAE",
        expect="acutance train spatial_vae --data builtin:icons --out RUN: about 2 minutes on one core without "
        "bfloat16 units, under 1 GB; held out, finest octave: coherence about .49, detail ratio .47, slope 1.02",
    ),
    "spatial_vae_64": gpu_preset(
        "spatial_vae_64",
        Config(widths=(256, 128, 64), blocks=2),
        "VAE with a latent map, 8 numbers at each of 8 x 8 places",
        measured="28,800 of them, builtin:photos, one CPU core in bf16: 4.9 minutes, 0.9 GB; held out, finest "
        "detail ratio 0.015, coherence 0.001, PSNR 24.6 dB, coverage of samples 0.022",
    ),
}
