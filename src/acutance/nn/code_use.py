"""How evenly a codebook is used, over the batches that were seen lately."""

from __future__ import annotations

import math
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

__all__ = ["CodeUse"]

_KEEP = 0.99
_FORGOTTEN = _KEEP**500
_TINY = 1e-12


@final
class CodeUse(nn.Module):
    """Counts of every entry of every book, old batches forgotten with a memory of about 100.

    One batch has too few tokens to judge a codebook by. The entropy of m entries from tokens of weights w is still too
    low by about `(m - 1)/2 * sum(w^2) / sum(w)^2` nats, which is added (Miller's correction for weights).

    Args:
        levels: entries of each book.

    References:
        Miller 1955.
    """

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.levels = levels
        self.register_buffer("counts", torch.zeros(len(levels), max(levels)))
        self.register_buffer("squares", torch.zeros(()))
        self.counts: Tensor
        self.squares: Tensor

    @torch.no_grad()
    def note(self, digits: Int[Tensor, "n books *places"]) -> None:
        """Takes the entries of a batch."""
        counts, squares = self._with(digits)
        self.counts.copy_(counts)
        self.squares.copy_(squares)

    @torch.no_grad()
    def terms(self, digits: Int[Tensor, "n books *places"]) -> dict[str, Tensor]:
        """For the log and the watch-dogs, with this batch counted in.

        Args:
            digits: the entries of a batch.

        Returns:
            `code_entropy`, the mean over the books of the entropy of an index as a share of the logarithm of the book's
            size; `codebook_perplexity`, the exponential of the mean entropy; `codebook_usage`, the share of entries
            seen in about the last 500 batches.
        """
        counts, squares = self._with(digits)
        weight = counts.sum(1)
        shares = counts / weight[:, None]
        seen = (counts > _FORGOTTEN).sum(1)
        missing = (seen - 1) / 2 * squares / weight.square()
        entropy = -(shares * shares.clamp_min(_TINY).log()).sum(1) + missing
        most = torch.tensor([math.log(level) for level in self.levels], device=counts.device)
        entropy = torch.minimum(entropy, most)
        return {
            "code_entropy": (entropy / most).mean(),
            "codebook_perplexity": entropy.mean().exp(),
            "codebook_usage": seen.sum() / sum(self.levels),
        }

    def _with(self, digits: Int[Tensor, "n books *places"]) -> tuple[Float[Tensor, "books entries"], Float[Tensor, ""]]:
        """Counts and summed squared weights as they would be with this batch."""
        rows = digits.transpose(0, 1).flatten(1)
        batch = torch.zeros_like(self.counts).scatter_add_(1, rows, torch.ones_like(rows, dtype=self.counts.dtype))
        return self.counts * _KEEP + batch, self.squares * _KEEP**2 + rows.shape[1]
