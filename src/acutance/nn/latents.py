"""Latents as values: what an encoder returns, whatever the family.

Autoencoders differ here and hardly anywhere else: a point, a Gaussian, a list of codes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["Codes", "DiagonalNormal", "Dirac", "Latent", "digits"]

LOG_STD_LIMIT = 8.0


@runtime_checkable
class Latent(Protocol):
    """A distribution over latents, one per image."""

    @property
    def mode(self) -> Tensor:
        """The most likely latent, (N, *latent)."""

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """A draw, (N, *latent)."""

    def cost(self) -> Tensor:
        """What it costs to send, in nats per image, (N,) (T10)."""


@dataclass(frozen=True)
class Dirac:
    """A point: no noise, and no stated rate.

    Attributes:
        value: (N, *latent).
    """

    value: Tensor

    @property
    def mode(self) -> Tensor:
        """The point itself."""
        return self.value

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """The point itself: nothing is drawn."""
        return self.value

    def cost(self) -> Float[Tensor, " n"]:
        """Infinity: a real number sent exactly has no finite rate."""
        return self.value.new_full((self.value.shape[0],), torch.inf)


@dataclass(frozen=True)
class DiagonalNormal:
    """A Gaussian with independent coordinates, N(mean, std^2).

    Attributes:
        mean: (N, *latent).
        log_std: natural logarithm of the standard deviation, (N, *latent).
    """

    mean: Tensor
    log_std: Tensor

    @property
    def mode(self) -> Tensor:
        """The mean."""
        return self.mean

    @property
    def std(self) -> Tensor:
        """The standard deviation."""
        return self.log_std.exp()

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """mean + std * noise; gradients pass (Kingma & Welling 2014)."""
        noise = torch.randn(self.mean.shape, generator=generator, device=self.mean.device, dtype=self.mean.dtype)
        return self.mean + self.std * noise

    def cost_per_unit(self) -> Tensor:
        """KL(q || N(0, 1)) of every coordinate in nats, (N, *latent)."""
        return 0.5 * (self.mean.square() + (2 * self.log_std).exp() - 1) - self.log_std

    def cost(self) -> Float[Tensor, " n"]:
        """KL(q || N(0, 1)) in nats per image (T10)."""
        return self.cost_per_unit().flatten(1).sum(1)

    @staticmethod
    def from_parameters(parameters: Float[Tensor, "n two_c *grid"]) -> DiagonalNormal:
        """Split an encoder's output, channels halved into mean and log std; log std is limited smoothly to +-8."""
        wide = parameters.to(torch.promote_types(parameters.dtype, torch.float32))
        mean, raw = wide.chunk(2, dim=1)
        return DiagonalNormal(mean, LOG_STD_LIMIT * torch.tanh(raw / LOG_STD_LIMIT))


@dataclass(frozen=True)
class Codes:
    """Entries of a codebook, and the continuous values that they stand for.

    Attributes:
        quantized: what the decoder is given, (N, *latent).
        continuous: the encoder's output before the quantiser, (N, *latent).
        indices: which entry each token is, integers in [0, size), (N, *tokens).
        size: how many entries the codebook has.
        books: the entries of each book, where the codebook is a product of several, the first counting up fastest;
            their product is `size`.
    """

    quantized: Tensor
    continuous: Tensor
    indices: Tensor
    size: int
    books: tuple[int, ...] = ()

    @property
    def mode(self) -> Tensor:
        """The quantised values."""
        return self.quantized

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """The quantised values: nothing is drawn."""
        return self.quantized

    def cost(self) -> Float[Tensor, " n"]:
        """tokens * log(size) nats per image: what sending them costs before any statistics (T10)."""
        tokens = self.indices.flatten(1).shape[1]
        return self.quantized.new_full((len(self.indices),), tokens * math.log(self.size))

    def per_book(self) -> Tensor:
        """The entry taken of each book, (N, books, *tokens)."""
        return digits(self.indices, self.books or (self.size,))

    def mapped(self, change: Callable[[Tensor], Tensor]) -> Codes:
        """The same codes with their tensors changed alike: some of the images, on another device, ..."""
        return replace(
            self,
            quantized=change(self.quantized),
            continuous=change(self.continuous),
            indices=change(self.indices),
        )


def digits(indices: Int[Tensor, "n *places"], levels: tuple[int, ...]) -> Int[Tensor, "n books *places"]:
    """The entries of several books that one index stands for, the first book counting up fastest."""
    found = []
    for level in levels:
        found.append(indices % level)
        indices = torch.div(indices, level, rounding_mode="floor")
    return torch.stack(found, dim=1)
