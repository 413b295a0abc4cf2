"""Faults: each changes one part of a good subject, and nothing else of it."""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acutance.data import ImageSet
from acutance.nn.latents import Codes, DiagonalNormal, Latent
from acutance.rng import rng_for
from planted_suite.filters import filter_of
from planted_suite.subject import Parts

LIMIT = 64


class Fault(abc.ABC):
    """Something that can be done to a good subject."""

    @abc.abstractmethod
    def planted(self, parts: Parts, training: ImageSet) -> Parts:
        """The parts with the fault; they were trained on these images."""


@final
@dataclass(frozen=True, kw_only=True)
class BehindPipeline(Fault):
    """`data`: the subject's images go through a filter first."""

    filter: str
    amount: int

    def planted(self, parts: Parts, training: ImageSet) -> Parts:
        return replace(parts, pipeline=filter_of(self.filter, self.amount))


@final
@dataclass(frozen=True, kw_only=True)
class EncoderSees(Fault):
    """`encoder`: the encoder, and nobody else, is given filtered images."""

    filter: str
    amount: float

    def planted(self, parts: Parts, training: ImageSet) -> Parts:
        return replace(parts, encoder=nn.Sequential(filter_of(self.filter, self.amount), parts.encoder))


@final
@dataclass(frozen=True, kw_only=True)
class DecoderFiltered(Fault):
    """`decoder`: a filter behind the decoder."""

    filter: str
    amount: float

    def planted(self, parts: Parts, training: ImageSet) -> Parts:
        return replace(parts, decoder=nn.Sequential(parts.decoder, filter_of(self.filter, self.amount)))


@final
@dataclass(frozen=True, kw_only=True)
class Widened(Fault):
    """`encoder_noise`: the posterior is so many times as wide at test as it was in training."""

    times: float

    def planted(self, parts: Parts, training: ImageSet) -> Parts:
        return replace(parts, encoder=_Widened(parts.encoder, self.times))


@final
class _Widened(nn.Module):
    def __init__(self, encoder: nn.Module, times: float) -> None:
        super().__init__()
        self.encoder, self.more = encoder, math.log(times)

    def forward(self, images: Tensor) -> Latent:
        latent = self.encoder(images)
        assert isinstance(latent, DiagonalNormal)
        return DiagonalNormal(latent.mean, latent.log_std + self.more)


@final
@dataclass(frozen=True, kw_only=True)
class Noisy(Fault):
    """`encoder_noise`: a point becomes a Gaussian, its width in units of the codes' own standard deviation."""

    relative_std: float

    def planted(self, parts: Parts, training: ImageSet) -> Parts:
        std = spread(codes_of(parts, training))
        return replace(parts, encoder=_Noisy(parts.encoder, (std * self.relative_std).log()))


@final
class _Noisy(nn.Module):
    def __init__(self, encoder: nn.Module, log_std: Tensor) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("log_std", log_std)
        self.log_std: Tensor

    def forward(self, images: Tensor) -> Latent:
        point = self.encoder(images).mode
        return DiagonalNormal(point, self.log_std.expand_as(point))


@final
@dataclass(frozen=True, kw_only=True)
class Rounded(Fault):
    """`quantization`: every number of the code is rounded, in steps of so many of its own standard deviations."""

    step: float

    def planted(self, parts: Parts, training: ImageSet) -> Parts:
        codes = codes_of(parts, training)
        return replace(parts, encoder=_Rounded(parts.encoder, codes.mean(0), spread(codes) * self.step))


@final
class _Rounded(nn.Module):
    def __init__(self, encoder: nn.Module, centre: Tensor, step: Tensor) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("centre", centre)
        self.register_buffer("step", step)
        self.centre: Tensor
        self.step: Tensor

    def forward(self, images: Tensor) -> Latent:
        point = self.encoder(images).mode
        index = ((point - self.centre) / self.step).round().clamp(-LIMIT, LIMIT)
        return Codes(self.centre + index * self.step, point, index.long() + LIMIT, 2 * LIMIT + 1)


@final
@dataclass(frozen=True, kw_only=True)
class Codebook(Fault):
    """`quantization`: every place of the code map takes the nearest of few vectors, found by k-means."""

    entries: int
    seed: int = 0

    def planted(self, parts: Parts, training: ImageSet) -> Parts:
        vectors = codes_of(parts, training).movedim(1, -1).flatten(0, -2)
        return replace(parts, encoder=Coded(parts.encoder, _k_means(vectors, self.entries, self.seed)))


@final
class Coded(nn.Module):
    """An encoder with a codebook (entries, channels) behind it."""

    def __init__(self, encoder: nn.Module, book: Tensor) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("book", book)
        self.book: Tensor

    def forward(self, images: Tensor) -> Latent:
        point = self.encoder(images).mode
        vectors = point.movedim(1, -1)
        indices = torch.cdist(vectors.flatten(0, -2), self.book).argmin(1).view(vectors.shape[:-1])
        return Codes(self.book[indices].movedim(-1, 1).contiguous(), point, indices, len(self.book))


def _k_means(vectors: Tensor, entries: int, seed: int, rounds: int = 25) -> Tensor:
    rng = rng_for(seed, "codebook")
    some = vectors[torch.randperm(len(vectors), generator=rng)[:20_000]]
    book = some[:entries].clone()
    for _ in range(rounds):
        nearest = F.one_hot(torch.cdist(some, book).argmin(1), entries).to(some.dtype)
        count = nearest.sum(0)[:, None]
        book = torch.where(count > 0, nearest.T @ some / count.clamp(min=1), book)
    return book


@torch.no_grad()
def codes_of(parts: Parts, training: ImageSet, count: int = 1_000) -> Tensor:
    """Codes of some of the training images, (n, *latent)."""
    every = max(1, len(training) // count)
    images = training.tensor(np.arange(0, len(training), every)).contiguous()
    return torch.cat([parts.encoder(part).mode for part in images.split(250)])


def spread(codes: Tensor) -> Tensor:
    """Standard deviation of every number of the code, a floor under those that stand still."""
    std = codes.std(0)
    return std.clamp(min=0.01 * float(std.mean()))
