"""Residual quantisation: each codebook codes what the ones before it left over."""

from __future__ import annotations

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.nn.codebook import Codebook
from acutance.nn.latents import Codes
from acutance.nn.quantiser import Quantiser, as_tokens, passed

__all__ = ["ResidualCodes"]

_MOST_BITS = 62


@final
class ResidualCodes(Quantiser):
    """The sum of one entry of each codebook; the sums are the entries of a codebook as large as the product of all.

    Args:
        books: in the order in which they are asked, all of as many channels.

    Raises:
        ConfigError: no book, or more combinations than an index can count.

    References:
        Lee et al. 2022.
    """

    def __init__(self, books: tuple[Codebook, ...]) -> None:
        if not books:
            raise ConfigError("residual codes need at least one codebook; got depth 0")
        super().__init__(books[0].channels, tuple(book.size for book in books))
        if self.size >= 2**_MOST_BITS:
            raise ConfigError(
                f"{len(books)} codebooks of {books[0].size} entries have more combinations than an index of "
                f"{_MOST_BITS} bits can count: take fewer or smaller ones"
            )
        self.books = nn.ModuleList(books)
        self.path = books[0].path

    @property
    def fullest(self) -> int:
        """Of the largest book: each takes what the ones before it left."""
        return max(self.levels)

    def forward(self, latents: Float[Tensor, "n c *grid"]) -> Codes:
        """The sum of the entries taken, with the gradient passed to the latents by the books' own path."""
        wide = latents.float()
        parts = self._parts(wide)
        total = torch.stack([part.quantized for part in parts]).detach().sum(0)
        indices = self.joined(torch.stack([part.indices for part in parts], dim=1))
        return Codes(passed(self.path, wide, as_tokens(total)), wide, indices, self.size, self.levels)

    def penalty(self, codes: Codes) -> Float[Tensor, ""]:
        """The mean of the books' penalties, each for what was left to it."""
        parts = self._parts(codes.continuous)
        return torch.stack([book.penalty(part) for book, part in self._paired(parts)]).mean()

    @torch.no_grad()
    def learn(self, codes: Codes, generator: torch.Generator) -> None:
        """Every book learns from what was left to it; at the start by the entries with which those before it start."""
        left = codes.continuous
        for book in self.books:
            assert isinstance(book, Codebook)
            started, part = bool(book.started), book(left)
            book.learn(part, generator)
            left = left - (part if started else book(left)).quantized.detach()

    def _paired(self, parts: list[Codes]) -> list[tuple[Codebook, Codes]]:
        return list(zip(self.books, parts, strict=True))  # type: ignore[arg-type]

    def _parts(self, latents: Float[Tensor, "n c *grid"]) -> list[Codes]:
        """What each book makes of what the ones before it left; the gradient of all leads to the latents."""
        parts: list[Codes] = []
        left = latents
        for book in self.books:
            part: Codes = book(left)
            parts.append(part)
            left = left - part.quantized.detach()
        return parts
