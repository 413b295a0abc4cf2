"""What measures and causes ask of a model, ours or foreign: small protocols, never a class name.

A model has a capability by having its methods. All images are float in [0, 1], (N, C, H, W); gradients pass through
`decode` with respect to the latents wherever the model allows that at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from acutance.nn.latents import Latent

__all__ = [
    "Decodes",
    "DecodesAnew",
    "Encodes",
    "Generates",
    "HasLikelihood",
    "HasLosses",
    "HasNearestCode",
    "HasPrior",
    "HasSamples",
    "Preprocesses",
    "Reconstructs",
    "RefitsDecoder",
    "Subject",
    "Translates",
]


class Subject(Protocol):
    """What every model states of itself."""

    @property
    def family(self) -> str:
        """The name of its family, e.g. "vae" or "AutoencoderKL"."""

    @property
    def shape(self) -> tuple[int, int, int] | None:
        """The images it works on, (channels, height, width); None where it takes any size."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""

    def facts(self) -> dict[str, float]:
        """Numbers that belong beside every reading: `decoder_sigma`, effective, KL weight included (T9), ..."""

    def configuration(self) -> dict[str, Any]:
        """Its settings by the names that its users know, e.g. `kl_weight`: what a prescription speaks of."""

    def count_parameters(self) -> int | None:
        """How many numbers it holds; None where that cannot be known."""


@runtime_checkable
class Decodes(Protocol):
    """Latents to images."""

    def decode(self, latents: Tensor) -> Tensor:
        """(N, *latent) to images."""


@runtime_checkable
class DecodesAnew(Decodes, Protocol):
    """Latents to images by a decoder that may draw, with its randomness in the caller's hands.

    `decode` is then a function of the latents alone; a model of others whose `decode` draws from torch's own stream
    needs no more than that.
    """

    def decode_anew(self, latents: Tensor, generator: torch.Generator) -> Tensor:
        """(N, *latent) to images, with noise of its own for each where there is any."""


@runtime_checkable
class HasNearestCode(Protocol):
    """A code that not all numbers are, such as entries of a codebook: draws of a fitted prior are put on it."""

    def nearest_code(self, latents: Tensor) -> Tensor:
        """(N, *latent) to the code nearest to it, of the same shape."""


@runtime_checkable
class Encodes(Decodes, Protocol):
    """Images to a latent value: Dirac, DiagonalNormal or Codes."""

    def encode(self, images: Tensor) -> Latent:
        """Images to latents."""


@runtime_checkable
class Reconstructs(Protocol):
    """Images to their reconstructions; a model that can do no more than this shows no code."""

    def reconstruct(self, images: Tensor) -> Tensor:
        """As many images as came, of the same shape."""


@runtime_checkable
class Generates(Protocol):
    """Images from noise alone."""

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """n images."""


@runtime_checkable
class HasSamples(Protocol):
    """Samples that were drawn before, and no means to draw more."""

    def samples(self) -> Iterator[Tensor]:
        """All of them, in batches (n, C, H, W)."""


@runtime_checkable
class HasPrior(Protocol):
    """Latents from noise alone, for `decode`."""

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """n latents (n, *latent)."""


@runtime_checkable
class Translates(Protocol):
    """Images to images of another kind."""

    def translate(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """As many images as came."""


@runtime_checkable
class Preprocesses(Protocol):
    """An input pipeline of its own, which `encode` does not contain."""

    def preprocess(self, images: Tensor) -> Tensor:
        """What the encoder is given for these source images, at the same size."""


@runtime_checkable
class RefitsDecoder(Protocol):
    """A decoder that can be trained anew without touching the model."""

    def decoder_copy(self) -> nn.Module:
        """A trainable copy that shares nothing: module(latents) is decode(latents), not clamped."""


@runtime_checkable
class HasLikelihood(Protocol):
    """A distribution of images around what is decoded, that can be drawn from."""

    def sample_likelihood(self, latents: Tensor, generator: torch.Generator) -> Tensor:
        """(N, *latent) to images drawn from p(x|z), decoder noise and all: not what `decode` shows."""


@runtime_checkable
class HasLosses(Protocol):
    """The terms of its training loss, for the gradient audit."""

    def losses(self, batch: Tensor) -> dict[str, Tensor]:
        """Each term by name, a scalar with its graph; at least one parameter must stand under it."""

    def weights(self) -> dict[str, list[nn.Parameter]]:
        """The weights of each part by its name, "encoder" and "decoder" where there are such."""
