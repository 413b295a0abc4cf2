"""Variational autoencoder with a latent vector (Kingma & Welling 2014), decoder noise calibrated by default (T9)."""

from __future__ import annotations

from dataclasses import dataclass

from acutance.models._base import DecoderConfig, ImageShape
from acutance.models._distortion import DistortionConfig
from acutance.models._recipe import Preset, Recipe, gpu_preset
from acutance.models._vae import VAE

__all__ = ["PRESETS", "Config"]


@dataclass(frozen=True, kw_only=True)
class Config(DistortionConfig, DecoderConfig):
    """A VAE.

    Attributes:
        latents: numbers in the latent vector.
        kl_weight: multiplies the KL in nats; the likelihood is summed over pixels.
    """

    latents: int = 64
    kl_weight: float = 1.0

    def build(self, shape: ImageShape) -> VAE:
        """A freshly initialised VAE."""
        return VAE(
            self,
            shape,
            latent=(self.latents,),
            layout=self.layout,
            kl_weight=self.kl_weight,
        )


PRESETS = {
    "vae": Preset(
        model=Config(),
        recipe=Recipe(images=40_000, batch_size=16, mirror=True),
        about="VAE, 64 latents, calibrated decoder noise",
        expect="acutance train vae --data builtin:icons --out RUN: about 2 minutes on one core without bfloat16 units, "
        "under 1 GB; after 28,000 images, held out, finest octave: coherence .36, detail ratio .38",
    ),
    "vae_64": gpu_preset(
        "vae_64",
        Config(latents=256, widths=(256, 192, 128, 64)),
        "VAE, 256 latents, calibrated decoder noise",
        measured="6,400 of them, builtin:photos, one CPU core in bf16: 0.8 minutes, 0.8 GB; held out, finest "
        "detail ratio 0.027, coherence 0.000, PSNR 18.1 dB, coverage of samples 0.062",
    ),
}
