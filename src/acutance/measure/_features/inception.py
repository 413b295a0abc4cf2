"""`inception[:WEIGHTS_FILE]`: torch-fidelity's Inception, with which Frechet distances are FIDs."""

from __future__ import annotations

from typing import Final, final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.measure._features import needed
from acutance.measure._images import check_images
from acutance.measure._rgb import as_rgb

__all__ = ["InceptionNet", "opened"]

_CHUNK: Final = 32
_TAP: Final = "2048"


@final
class InceptionNet:
    """The 2,048 pooled features of Inception v3 as FID is defined: 8-bit images, resized as TensorFlow 1 did.

    Args:
        weights: torch-fidelity's file of weights; empty: torch-fidelity fetches it.

    References:
        Heusel et al. 2017.
    """

    name: str = "inception-v3-compat"
    size: int = 299
    version: int = 1

    def __init__(self, weights: str = "") -> None:
        module = needed("torch_fidelity.feature_extractor_inceptionv3", "inception")
        try:
            self.model = module.FeatureExtractorInceptionV3(
                self.name, [_TAP], feature_extractor_weights_path=weights or None
            )
        except (RuntimeError, OSError, KeyError) as error:
            raise ConfigError(
                f"the weights of inception cannot be had: {error}; give torch-fidelity's file, inception:WEIGHTS_FILE"
            ) from error

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Features (n, 2048), float32.

        Raises:
            MeasureError: not images in [0, 1], or neither 1 nor 3 channels.
        """
        pixels = as_rgb(check_images(images)).mul(255.0).round_().clamp_(0, 255).byte()
        return torch.cat([self.model(part)[0].float() for part in torch.split(pixels, _CHUNK)])


def opened(argument: str) -> InceptionNet:
    """Inception v3."""
    return InceptionNet(argument)
