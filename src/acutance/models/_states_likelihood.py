"""Autoencoders that state how pixels lie around what their decoder puts out: what an image is worth, and draws."""

from __future__ import annotations

import abc

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder
from acutance.models._likelihood import PixelLikelihood

__all__ = ["StatesLikelihood"]


class StatesLikelihood(Autoencoder, abc.ABC):
    """An autoencoder with a likelihood of pixels around its decoder's output."""

    @abc.abstractmethod
    def stated(self) -> PixelLikelihood:
        """The likelihood, at the scale that training left.

        Raises:
            ConfigError: the loss states none.
        """

    @torch.no_grad()
    def nats(self, images: Tensor, latents: Tensor) -> Tensor:
        """-log p(x|z) of each image, (N,), p a density over pixel values in [0, 1]; no gradient passes.

        Args:
            images: (N, C, H, W) in [0, 1].
            latents: (N, *latent).

        Raises:
            ConfigError: the loss states no likelihood, or nobody knows its scale.
            InputError: images or latents of another shape or range.
        """
        self.check_images(images)
        self._check_latents(latents)
        return self._scaled().nats(images, self.decoder(latents).float())

    @torch.no_grad()
    def sample_likelihood(self, latents: Tensor, generator: torch.Generator) -> Tensor:
        """Images drawn from p(x|z), decoder noise and all, in [0, 1]; what lies outside is cut off.

        Raises:
            ConfigError: the loss states no likelihood, or nobody knows its scale.
            InputError: latents of another shape.
        """
        self._check_latents(latents)
        return self._scaled().draw(self.decoder(latents).float(), generator).clamp(0, 1)

    def _scaled(self) -> PixelLikelihood:
        likelihood = self.stated()
        if not likelihood.has_scale:
            raise ConfigError(
                f"nobody knows the decoder noise of this {self.family}: it was never trained, or before its scale was "
                "kept; train it first"
            )
        return likelihood
