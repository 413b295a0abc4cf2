"""Autoencoders that state how pixels lie around what their decoder puts out: what an image is worth, and draws."""

from __future__ import annotations

import abc
import copy
from typing import final

import torch
from torch import Tensor, nn

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

    @property
    @abc.abstractmethod
    def learnt(self) -> PixelLikelihood | None:
        """The likelihood as a part of the model; None where a scale is all there is to it."""

    def shown(self, outputs: Tensor) -> Tensor:
        """The mean of the likelihood around them."""
        return outputs if self.learnt is None else self.learnt.mean(outputs.float())

    def decoder_copy(self) -> nn.Module:
        """A trainable copy of the decoder, and of the likelihood where its mean is not the decoder's output."""
        decoder = super().decoder_copy()
        if self.learnt is None or self.learnt.outputs_are_means:
            return decoder
        return _Mean(decoder, copy.deepcopy(self.learnt)).train().requires_grad_(True)

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


@final
class _Mean(nn.Module):
    """Latents to the mean of a likelihood."""

    def __init__(self, decoder: nn.Module, likelihood: PixelLikelihood) -> None:
        super().__init__()
        self.decoder = decoder
        self.likelihood = likelihood

    def forward(self, latents: Tensor) -> Tensor:
        return self.likelihood.mean(self.decoder(latents).float())
