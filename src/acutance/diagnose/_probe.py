"""A subject held still: run in batches, without gradients, and left as it was found."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, final

import torch
from torch import Tensor, nn

from acutance.models import Decodes, DecodesAnew, Encodes, Preprocesses, RefitsDecoder, Subject, batch_size
from acutance.nn.latents import Codes, DiagonalNormal, Dirac, Latent
from acutance.rng import rng_for, seeded

__all__ = ["CodedSubject", "Moduled", "Probe", "evenly", "held_still", "joined", "picked"]


class CodedSubject(Subject, Encodes, Protocol):
    """A subject whose code can be seen."""


@contextlib.contextmanager
def held_still(subject: object) -> Iterator[None]:
    """Evaluation mode and no gradients of weights, for a subject that is a module; both as before at the end."""
    if not isinstance(subject, nn.Module):
        yield
        return
    modes = [(module, module.training) for module in subject.modules()]
    wanted = [(parameter, parameter.requires_grad) for parameter in subject.parameters()]
    subject.eval()
    for parameter, _ in wanted:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, was in wanted:
            parameter.requires_grad_(was)


@final
class Probe:
    """What interventions need of a subject that encodes and decodes; whatever comes back is on the CPU.

    Args:
        subject: as it is.
        seed: of draws that the subject makes from the global generator.
        decoder: decodes in the subject's place, e.g. a refit; by default the subject.
        draws: how many outputs of one latent are averaged, for a decoder that draws.
    """

    def __init__(self, subject: CodedSubject, seed: int, *, decoder: Decodes | None = None, draws: int = 1) -> None:
        self.subject = subject
        self.seed = seed
        self.decoder: Decodes = subject if decoder is None else decoder
        self.draws = draws

    @torch.no_grad()
    def input(self, images: Tensor) -> Tensor:
        """The images behind the subject's own pipeline, in [0, 1]; the images themselves where it has none."""
        if not isinstance(self.subject, Preprocesses):
            return images
        return torch.cat([self.subject.preprocess(part).float().cpu().clamp(0, 1) for part in self._parts(images)])

    @torch.no_grad()
    def encode(self, images: Tensor) -> Latent:
        """The latents of all images."""
        parts = []
        for index, part in enumerate(self._parts(images)):
            with seeded(self.seed, "encode", index):
                parts.append(self.subject.encode(part))
        return joined(parts)

    @torch.no_grad()
    def decode(self, latents: Tensor, shape: tuple[int, ...], draws: int | None = None) -> Iterator[Tensor]:
        """Images of all latents, batch by batch.

        Args:
            latents: (N, *latent).
            shape: of one image; sets the size of a batch.
            draws: how many outputs of one latent are averaged; the probe's own number by default.
        """
        count = self.draws if draws is None else draws
        for index, part in enumerate(torch.split(latents, batch_size(shape))):
            outputs = torch.stack([self._decoded(part, index, draw) for draw in range(count)])
            yield outputs[0] if count == 1 else outputs.mean(0)

    def _decoded(self, part: Tensor, index: int, draw: int) -> Tensor:
        latents = part.to(self.subject.device)
        if isinstance(self.decoder, DecodesAnew):
            generator = rng_for(self.seed, "decode", index, draw, device=latents.device)
            return self.decoder.decode_anew(latents, generator).float().cpu().clamp(0, 1)
        with seeded(self.seed, "decode", index, draw):
            return self.decoder.decode(latents).float().cpu().clamp(0, 1)

    def _parts(self, images: Tensor) -> Iterator[Tensor]:
        parts: tuple[Tensor, ...] = torch.split(images, batch_size(tuple(images.shape[1:])))
        return (part.to(self.subject.device) for part in parts)

    def draws_anew(self, latents: Tensor) -> bool:
        """Whether one latent is decoded differently under another draw."""
        with torch.no_grad():
            return not torch.equal(self._decoded(latents, 0, 0), self._decoded(latents, 0, 1))

    def differentiable(self) -> nn.Module:
        """Latents to images that may leave [0, 1], with gradients: an unclamped copy of the decoder where there is one.

        A clamped pixel has no gradient, so a latent could not be led out of what it clips.
        """
        if self.decoder is self.subject and isinstance(self.subject, RefitsDecoder):
            return _Decoding(self.subject.decoder_copy().eval().requires_grad_(False), self.subject.device)
        return _Decoding(self.decoder.decode, self.subject.device)


@final
@dataclass(frozen=True, eq=False)
class Moduled:
    """A trained module that decodes in the subject's place.

    Attributes:
        module: latents to images that may leave [0, 1].
        numbers: how it was trained.
    """

    module: nn.Module
    numbers: dict[str, float]

    def decode(self, latents: Tensor) -> Tensor:
        """Images, not clamped."""
        images: Tensor = self.module(latents)
        return images.float()


class _Decoding(nn.Module):
    """A decoder as a module that takes and gives tensors on the CPU; it does not register what decodes."""

    def __init__(self, decode: Callable[[Tensor], Tensor], device: torch.device) -> None:
        super().__init__()
        self._decode = (decode,)
        self._device = device

    def forward(self, latents: Tensor) -> Tensor:
        (decode,) = self._decode
        return decode(latents.to(self._device)).float().cpu()


def joined(parts: list[Latent]) -> Latent:
    """Latents of consecutive batches as one; a posterior of no width counts as a point."""
    first = parts[0]
    if isinstance(first, DiagonalNormal):
        normals = [part for part in parts if isinstance(part, DiagonalNormal)]
        return DiagonalNormal(_all([p.mean for p in normals]), _all([p.log_std for p in normals]))
    if isinstance(first, Codes):
        codes = [part for part in parts if isinstance(part, Codes)]
        return replace(
            first,
            quantized=_all([c.quantized for c in codes]),
            continuous=_all([c.continuous for c in codes]),
            indices=_all([c.indices for c in codes]),
            size=max(c.size for c in codes),
        )
    return Dirac(_all([part.mode for part in parts]))


def _all(parts: list[Tensor]) -> Tensor:
    joint = torch.cat(parts).detach().cpu()
    return joint.float() if joint.is_floating_point() else joint


def evenly(n: int, count: int) -> Tensor:
    """At most `count` of the indices 0 ... n - 1, evenly spread."""
    return torch.linspace(0, n - 1, min(count, n), dtype=torch.float64).round().long()


def picked(latent: Latent, at: Tensor) -> Latent:
    """The latents of some of the images."""
    if isinstance(latent, DiagonalNormal):
        return DiagonalNormal(latent.mean[at], latent.log_std[at])
    if isinstance(latent, Codes):
        return latent.mapped(lambda values: values[at])
    return Dirac(latent.mode[at])
