"""A subject held still: run in batches, without gradients, and left as it was found."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, final

import torch
from torch import Tensor, nn

from acutance.diagnose._memory import Memory
from acutance.models import Decodes, DecodesAnew, Encodes, Preprocesses, RefitsDecoder, Subject, batch_size
from acutance.nn.latents import Codes, DiagonalNormal, Dirac, Latent
from acutance.rng import rng_for, seeded

__all__ = [
    "CodedSubject",
    "Moduled",
    "Probe",
    "evenly",
    "held_still",
    "joined",
    "picked",
    "posterior_noise",
    "with_noise",
]


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
    """What is asked of a subject that encodes and decodes, the same thing once; whatever comes back is on the CPU.

    Args:
        subject: as it is.
        seed: of draws that the subject makes from the global generator.
    """

    def __init__(self, subject: CodedSubject, seed: int) -> None:
        self.subject = subject
        self.seed = seed
        self.decoder: Decodes = subject
        self.draws = 1
        self._encoded, self._decoded = Memory(), Memory()
        self._by_chance: bool | None = None

    def behind(self, decoder: Decodes) -> Probe:
        """The same with another decoder in the place of the subject's, e.g. a refit."""
        other = copy.copy(self)
        other.decoder, other._decoded, other._by_chance = decoder, Memory(), None
        return other

    def averaging(self, draws: int) -> Probe:
        """The same with so many outputs of one latent averaged, for a decoder that draws."""
        other = copy.copy(self)
        other.draws = draws
        return other

    def input(self, images: Tensor) -> Tensor:
        """The images behind the subject's own pipeline, in [0, 1]; the images themselves where it has none."""
        if not isinstance(self.subject, Preprocesses):
            return images
        return torch.cat([self._piped(part) for part in _parts(images)])

    def encode(self, images: Tensor) -> Latent:
        """The latents of all images, which are behind the pipeline."""
        return joined([self._latent(part, index) for index, part in enumerate(_parts(images))])

    def encode_sources(self, batches: Iterable[Tensor]) -> Latent:
        """The latents of all source images, which come in batches of `batch_size`."""
        return joined([self._latent(self._piped(part), index) for index, part in enumerate(batches)])

    def decode(self, latents: Tensor, shape: tuple[int, ...], draws: int | None = None) -> Iterator[Tensor]:
        """Images of all latents, batch by batch.

        Args:
            latents: (N, *latent).
            shape: of one image; sets the size of a batch.
            draws: how many outputs of one latent are averaged; the probe's own number by default.
        """
        count = self.draws if draws is None else draws
        for index, part in enumerate(torch.split(latents, batch_size(shape))):
            outputs = [self._output(part, index, draw) for draw in range(count)]
            yield outputs[0] if count == 1 else torch.stack(outputs).mean(0)

    def by_chance(self, latents: Tensor) -> bool:
        """Whether one latent is decoded differently under another draw; tried on the first that are asked for."""
        if self._by_chance is None:
            self._by_chance = not torch.equal(self._run(latents, 0, 0), self._run(latents, 0, 1))
        return self._by_chance

    def _output(self, latents: Tensor, index: int, draw: int) -> Tensor:
        where = (index, draw) if self.by_chance(latents) else ()
        return self._decoded.recall(latents, where, lambda: self._run(latents, index, draw))

    @torch.no_grad()
    def _run(self, part: Tensor, index: int, draw: int) -> Tensor:
        latents = part.to(self.subject.device)
        if isinstance(self.decoder, DecodesAnew):
            generator = rng_for(self.seed, "decode", index, draw, device=latents.device)
            return self.decoder.decode_anew(latents, generator).float().cpu().clamp(0, 1)
        with seeded(self.seed, "decode", index, draw):
            return self.decoder.decode(latents).float().cpu().clamp(0, 1)

    @torch.no_grad()
    def _piped(self, images: Tensor) -> Tensor:
        if not isinstance(self.subject, Preprocesses):
            return images
        return self.subject.preprocess(images.to(self.subject.device)).float().cpu().clamp(0, 1)

    @torch.no_grad()
    def _latent(self, images: Tensor, index: int) -> Latent:
        def found() -> Latent:
            with seeded(self.seed, "encode", index):
                return self.subject.encode(images.to(self.subject.device))

        return self._encoded.recall(images, (index,), found)

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
    """A trained module that decodes in the subject's place, on the device of what it is given.

    Attributes:
        module: latents to images that may leave [0, 1].
        numbers: how it was trained.
    """

    module: nn.Module
    numbers: dict[str, float]

    def decode(self, latents: Tensor) -> Tensor:
        """Images, not clamped."""
        images: Tensor = self.module.to(latents.device)(latents)
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


def _parts(images: Tensor) -> tuple[Tensor, ...]:
    parts: tuple[Tensor, ...] = torch.split(images, batch_size(tuple(images.shape[1:])))
    return parts


def _all(parts: list[Tensor]) -> Tensor:
    joint = torch.cat(parts).detach().cpu()
    return joint.float() if joint.is_floating_point() else joint


def posterior_noise(latent: Latent, shape: tuple[int, ...], seed: int) -> Tensor:
    """The one draw of N(0, 1) that every stage puts a posterior's width to, (N, *latent), batch by batch.

    Args:
        latent: of all images.
        shape: of one image; sets the size of a batch.
        seed: of the draw.
    """
    parts = enumerate(torch.split(latent.mode, batch_size(shape)))
    drawn = [torch.randn(part.shape, generator=rng_for(seed, index, "reconstruct")) for index, part in parts]
    return torch.cat(drawn)


def with_noise(latent: Latent, scale: float, noise: Tensor) -> Tensor:
    """What a decoder is given with the code's noise at `scale` times its size: 1 as used, 0 without.

    A posterior's noise is drawn, a quantiser's is what it adds to the continuous values, a point has none.
    """
    if isinstance(latent, DiagonalNormal) and scale > 0:
        return latent.mean + scale * latent.std * noise
    if isinstance(latent, Codes):
        return torch.lerp(latent.continuous, latent.quantized, scale)
    return latent.mode


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
