"""Faults that are trained: another encoder in front of a good decoder, another decoder behind a good code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor, nn

from acutance.data import ImageSet
from acutance.nn.decoder import Decoder
from acutance.nn.encoder import Encoder
from acutance.nn.latents import Dirac, Latent
from acutance.nn.layout import Layout
from planted_suite.bases import Base, kept, seeded
from planted_suite.faults import Codebook, Fault
from planted_suite.fitting import Pace, fit
from planted_suite.subject import Parts


@final
@dataclass(frozen=True, kw_only=True)
class Redecoded(Fault):
    """`decoder`: a decoder that is too small, or was trained too short, learns by squared error to read the code.

    Attributes:
        of: whose code; tells the kept weights apart.
        layout: of the decoder.
        pace: of its training.
        seed: of its training.
    """

    of: Base
    layout: Layout
    pace: Pace
    seed: int

    def planted(self, parts: Parts, training: ImageSet) -> Parts:
        return replace(parts, decoder=redecoded(self, parts, training))


def redecoded(recipe: Redecoded, parts: Parts, training: ImageSet) -> nn.Module:
    """A decoder of the frozen code, fitted on draws of it."""
    shape = tuple(parts.encoder(training.tensor([0, 1])).mode.shape[1:])
    decoder = seeded(recipe.seed, lambda: Decoder(shape, training.shape, recipe.layout))  # type: ignore[arg-type]

    def loss(images: Tensor, generator: torch.Generator) -> Tensor:
        with torch.no_grad():
            code = parts.encoder(images).sample(generator)
        return (decoder(code).float() - images).square().flatten(1).sum(1).mean()

    key = (recipe, type(parts.encoder).__name__)
    kept(key, decoder, lambda: fit(decoder, loss, training, recipe.pace, recipe.seed))
    return decoder


@final
@dataclass(frozen=True, kw_only=True)
class CodesLearned(Fault):
    """`quantization`: as `Codebook`, and the decoder learned to read the quantised code."""

    book: Codebook
    decoder: Redecoded

    def planted(self, parts: Parts, training: ImageSet) -> Parts:
        return self.decoder.planted(self.book.planted(parts, training), training)


@final
@dataclass(frozen=True, kw_only=True)
class Reencoded(Fault):
    """`encoder`: a small encoder, trained briefly to say what the good one says.

    Attributes:
        of: whose code; tells the kept weights apart.
        layout: of the encoder.
        pace: of its training.
        seed: of its training.
    """

    of: Base
    layout: Layout
    pace: Pace
    seed: int

    def planted(self, parts: Parts, training: ImageSet) -> Parts:
        target = parts.encoder(training.tensor([0, 1])).mode
        student = _Student(
            seeded(self.seed, lambda: Encoder(training.shape, tuple(target.shape[1:]), self.layout)),
        )

        def loss(images: Tensor, generator: torch.Generator) -> Tensor:
            with torch.no_grad():
                wanted = parts.encoder(images).mode
            return (student(images).mode - wanted).square().flatten(1).sum(1).mean()

        kept(self, student, lambda: fit(student, loss, training, self.pace, self.seed))
        return replace(parts, encoder=student)


@final
class _Student(nn.Module):
    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, images: Tensor) -> Latent:
        return Dirac(self.encoder(images).float())
