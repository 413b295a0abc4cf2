"""VAE with a latent map: a 1 x 1 convolution on the coarsest features, no flattening and no dense layer (theory E).

Each place of the map describes its own part of the image, so the same number of latents holds more of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from acutance.models._base import ImageShape, ModelConfig
from acutance.models._recipe import Preset, Recipe
from acutance.models._vae import VAE, DecoderNoise
from acutance.nn.blocks import grid_of

__all__ = ["PRESETS", "Config"]


@dataclass(frozen=True, kw_only=True)
class Config(ModelConfig):
    """A spatial VAE.

    Attributes:
        latent_channels: numbers at each place of the map; they set the information in the code.
        widths: features of each stage, coarse to fine; the map has 1 / 2 ** len(widths) of the image's sides.
        blocks: residual blocks per stage.
        sigma: decoder noise, "calibrated" or a number in units of the pixel range.
        kl_weight: multiplies the KL in nats; the likelihood is summed over pixels.
    """

    latent_channels: int = 8
    widths: tuple[int, ...] = (128, 64, 32)
    blocks: int = 1
    sigma: DecoderNoise = "calibrated"
    kl_weight: float = 1.0

    def build(self, shape: ImageShape) -> VAE:
        """A freshly initialised spatial VAE."""
        rows, columns = grid_of(shape[1], shape[2], len(self.widths))
        return VAE(
            self,
            shape,
            latent=(self.latent_channels, rows, columns),
            widths=self.widths,
            blocks=self.blocks,
            sigma=self.sigma,
            kl_weight=self.kl_weight,
        )


PRESETS = {
    "spatial_vae": Preset(model=Config(), recipe=Recipe(), about="VAE with a 4 x 4 x 8 latent map", expect=""),
}
