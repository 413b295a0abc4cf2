"""A subject made of an encoder and a decoder, either of which can be exchanged for one with a fault."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import torch
from torch import Tensor, nn

from acutance.models import Autoencoder
from acutance.nn.latents import Latent

Shape = tuple[int, int, int]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """What a subject is made of.

    Attributes:
        family: what it calls itself.
        shape: of its images.
        encoder: images in [0, 1] to a latent value.
        decoder: latents to images, not clamped.
        facts: what it states of itself, e.g. its decoder sigma (T9).
        pipeline: what its images go through before the encoder, if anything does.
    """

    family: str
    shape: Shape
    encoder: nn.Module
    decoder: nn.Module
    facts: Mapping[str, float] = field(default_factory=dict)
    pipeline: nn.Module | None = None

    def subject(self) -> Whole | Piped:
        """The parts put together, in evaluation mode and without gradients of weights."""
        made = Whole(self) if self.pipeline is None else Piped(self, self.pipeline)
        return made.eval().requires_grad_(False)


class Whole(nn.Module):
    """Encodes, decodes, and lends a copy of its decoder."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.family, self.shape, self._facts = parts.family, parts.shape, parts.facts
        self.encoder, self.decoder = parts.encoder, parts.decoder

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    def facts(self) -> dict[str, float]:
        return dict(self._facts)

    def configuration(self) -> dict[str, Any]:
        """Nothing: what was planted is not to be read off."""
        return {}

    def count_parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def encode(self, images: Tensor) -> Latent:
        latent: Latent = self.encoder(images)
        return latent

    def decode(self, latents: Tensor) -> Tensor:
        images: Tensor = self.decoder(latents)
        return images.float().clamp(0, 1)

    def decoder_copy(self) -> nn.Module:
        return copy.deepcopy(self.decoder).train().requires_grad_(True)


@final
class Piped(Whole):
    """The same behind an input pipeline of its own."""

    def __init__(self, parts: Parts, pipeline: nn.Module) -> None:
        super().__init__(parts)
        self.pipeline = pipeline

    def preprocess(self, images: Tensor) -> Tensor:
        piped: Tensor = self.pipeline(images)
        return piped.clamp(0, 1)


@final
class Encoding(nn.Module):
    """`encode` of one of our models as a module, which faults can be put in front of or behind."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Latent:
        return self.model.encode(images)


def parts_of(model: Autoencoder) -> Parts:
    """One of our models, taken apart."""
    return Parts(
        family=model.family,
        shape=model.shape,
        encoder=Encoding(model),
        decoder=model.decoder,
        facts=model.facts(),
    )
