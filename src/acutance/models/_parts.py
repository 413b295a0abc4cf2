"""A model taken apart into functions of one tensor, as they are exported: encoder, decoder, generator, translator."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from acutance.errors import SubjectError
from acutance.models._base import Model, Translator
from acutance.models._capabilities import Decodes, Encodes, Generates, HasPrior
from acutance.nn.latents import Codes, DiagonalNormal, Latent
from acutance.rng import rng_for

__all__ = ["CODES", "GAUSSIAN", "POINT", "Part", "parts_of"]

POINT = ("latent",)
GAUSSIAN = ("mean", "std")
CODES = ("quantized", "continuous", "indices")
_EXAMPLES = 3


@final
@dataclass(frozen=True, kw_only=True)
class Part:
    """One function.

    Attributes:
        name: "encoder" (images to the tensors of a latent), "decoder" (latents to images), "generator" (noise (n, d)
            from N(0, 1) to images) or "translator" (images to images); images are in [0, 1].
        module: what computes it, for any number of examples.
        example: an input.
        outputs: the names of what comes out; of an encoder POINT, GAUSSIAN or CODES.
        books: entries of each codebook, of an encoder to codes.
    """

    name: str
    module: nn.Module
    example: Tensor
    outputs: tuple[str, ...]
    books: tuple[int, ...] = ()


def parts_of(model: Model) -> list[Part]:
    """The functions that a model consists of, on a copy of it, on the CPU and in evaluation mode.

    Args:
        model: what encodes and decodes, draws from a normal prior, or translates.

    Raises:
        SubjectError: it does none of these.
    """
    still = copy.deepcopy(model).cpu().eval().requires_grad_(False)
    found: list[Part] = []
    if isinstance(still, Encodes):
        images = torch.rand(_EXAMPLES, *still.shape, generator=rng_for(0, "export"))
        latent = still.encode(images)
        outputs, books = _kind(latent)
        found.append(Part(name="encoder", module=_Encoder(still), example=images, outputs=outputs, books=books))
        found.append(Part(name="decoder", module=_Decoder(still), example=latent.mode, outputs=("images",)))
    if isinstance(still, Generates) and isinstance(still, HasPrior) and isinstance(still, Decodes):
        noise = still.prior(_EXAMPLES, rng_for(0, "export"))
        drawing = _Generator(still, tuple(noise.shape[1:]))
        found.append(Part(name="generator", module=drawing, example=noise.flatten(1), outputs=("images",)))
    if isinstance(still, Translator):
        images = torch.rand(_EXAMPLES, *still.shape, generator=rng_for(0, "export"))
        translation = still.translation(rng_for(0, "export"))
        found.append(Part(name="translator", module=translation, example=images, outputs=("translated",)))
    if not found:
        raise SubjectError(
            f"a {model.family} neither encodes and decodes, nor draws from a normal prior, nor translates: there is "
            "nothing to export"
        )
    return found


def _kind(latent: Latent) -> tuple[tuple[str, ...], tuple[int, ...]]:
    if isinstance(latent, DiagonalNormal):
        return GAUSSIAN, ()
    return (CODES, latent.books or (latent.size,)) if isinstance(latent, Codes) else (POINT, ())


@final
class _Encoder(nn.Module):
    """Images to the tensors that describe a latent."""

    def __init__(self, model: Encodes) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, ...]:
        latent = self.model.encode(images)
        if isinstance(latent, DiagonalNormal):
            return latent.mean, latent.std
        if isinstance(latent, Codes):
            return latent.quantized, latent.continuous, latent.indices
        return latent.mode


@final
class _Decoder(nn.Module):
    """Latents to images."""

    def __init__(self, model: Decodes) -> None:
        super().__init__()
        self.model = model

    def forward(self, latents: Tensor) -> Tensor:
        return self.model.decode(latents)


@final
class _Generator(nn.Module):
    """Noise (n, d) to images: laid out as the decoder takes it."""

    def __init__(self, model: Decodes, latent: tuple[int, ...]) -> None:
        super().__init__()
        self.model = model
        self.latent = latent

    def forward(self, noise: Tensor) -> Tensor:
        return self.model.decode(noise.reshape(noise.shape[0], *self.latent))
