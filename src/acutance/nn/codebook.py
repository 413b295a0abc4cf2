"""Vector quantisation: a learnt codebook and the nearest of its entries."""

from __future__ import annotations

import math
from typing import Literal, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from acutance.errors import ConfigError
from acutance.nn.latents import Codes
from acutance.nn.quantiser import GradientPath, Quantiser, as_tokens, passed

__all__ = ["Codebook", "LearntBy", "k_means", "nearest"]

LearntBy = Literal["averages", "gradient"]

_KEEP = 0.99
_ROUNDS = 10
_TINY = 1e-6


@final
class Codebook(Quantiser):
    """One learnt codebook; each place takes its nearest entry.

    The entries start as the k-means centres of the first batch. Then each is the moving average of the latents that
    took it, or follows the gradient of its squared distance to them. An entry that is taken less often than a small
    share of what even use would give is put where a random latent of the batch is.

    Args:
        size: entries, at least 2.
        channels: numbers in an entry.
        learnt_by: "averages" (the M step of k-means with a memory of 100 batches) or "gradient".
        path: how the decoder's gradient passes to the encoder.
        commitment: weight of the pull of latents to their entries.
        reset_below: share of even use below which an entry is put elsewhere; 0 never does.

    Raises:
        ConfigError: a number that is none of these.

    References:
        van den Oord, Vinyals, Kavukcuoglu 2017; Fifty et al. 2025; theory E.
    """

    def __init__(
        self,
        size: int,
        channels: int,
        *,
        learnt_by: LearntBy = "averages",
        path: GradientPath = "rotation",
        commitment: float = 0.25,
        reset_below: float = 0.05,
    ) -> None:
        if size < 2 or channels < 1:
            raise ConfigError(f"a codebook has at least 2 entries of at least 1 number; got {size} of {channels}")
        if not 0 <= commitment < math.inf:
            raise ConfigError(f"commitment is a number from 0 on, got {commitment}")
        if not 0 <= reset_below < 1:
            raise ConfigError(f"reset_below is a share of even use, at least 0 and below 1; got {reset_below}")
        super().__init__(channels, (size,))
        self.path = path
        self.commitment = commitment
        self.reset_below = reset_below
        self.learnt_by = learnt_by
        self.entries: Tensor
        entries = torch.randn(size, channels)
        if learnt_by == "gradient":
            self.entries = nn.Parameter(entries)
        else:
            self.register_buffer("entries", entries)
        self.register_buffer("counts", torch.zeros(size))
        self.register_buffer("started", torch.tensor(False))
        self.counts: Tensor
        self.started: Tensor

    def forward(self, latents: Float[Tensor, "n c *grid"]) -> Codes:
        """The nearest entries, computed in float32."""
        wide = latents.float()
        tokens = as_tokens(wide)
        index = nearest(tokens.detach(), self.entries.detach())
        taken = self.entries.detach()[index]
        places = (latents.shape[0], *latents.shape[2:])
        return Codes(passed(self.path, wide, taken), wide, index.reshape(places), self.size, self.levels)

    def penalty(self, codes: Codes) -> Float[Tensor, ""]:
        """commitment * mean |z - e|^2 for the encoder; by "gradient" also mean |e - z|^2 for the entries."""
        tokens = as_tokens(codes.continuous)
        taken = self.entries[codes.indices.flatten()]
        pull = self.commitment * (tokens - taken.detach()).square().mean()
        return pull + (taken - tokens.detach()).square().mean() if self.learnt_by == "gradient" else pull

    @torch.no_grad()
    def learn(self, codes: Codes, generator: torch.Generator) -> None:
        """Starts the entries, then averages what took them, then puts the dead ones elsewhere."""
        tokens = as_tokens(codes.continuous)
        if not self.started:
            entries, counts = k_means(tokens, self.size, generator)
            self.entries.copy_(entries)
            self.counts.copy_(counts)
            self.started.fill_(True)
            return
        counts = codes.indices.flatten().bincount(minlength=self.size).to(tokens.dtype)
        kept = self.counts * _KEEP
        self.counts.copy_(kept + (1 - _KEEP) * counts)
        if self.learnt_by == "averages":
            sums = torch.zeros_like(self.entries).index_add_(0, codes.indices.flatten(), tokens)
            moved = (kept[:, None] * self.entries + (1 - _KEEP) * sums) / self.counts[:, None].clamp_min(_TINY)
            self.entries.copy_(torch.where(counts[:, None] > 0, moved, self.entries))
        self._revive(tokens, generator)

    def _revive(self, tokens: Float[Tensor, "tokens c"], generator: torch.Generator) -> None:
        even = len(tokens) / self.size
        dead = self.counts < self.reset_below * even
        lucky = torch.randint(len(tokens), (self.size,), generator=generator, device=tokens.device)
        self.entries.copy_(torch.where(dead[:, None], tokens[lucky], self.entries))
        self.counts.masked_fill_(dead, even)


def nearest(tokens: Float[Tensor, "n c"], entries: Float[Tensor, "k c"]) -> Int[Tensor, " n"]:
    """The entry at the least squared distance from each token; the first of equal ones."""
    with torch.autocast(tokens.device.type, enabled=False):
        return torch.addmm(0.5 * entries.square().sum(1), tokens, entries.T, alpha=-1).argmin(1)


@torch.no_grad()
def k_means(
    tokens: Float[Tensor, "n c"], size: int, generator: torch.Generator
) -> tuple[Float[Tensor, "k c"], Float[Tensor, " k"]]:
    """Centres of the tokens by Lloyd's rounds from different tokens at random, and how many tokens each one has.

    Where there are fewer tokens than centres the rest repeat some of them and have no token of their own.
    """
    order = torch.randperm(len(tokens), generator=generator, device=tokens.device)
    centres = tokens[order[torch.arange(size, device=tokens.device) % len(tokens)]].clone()
    for _ in range(_ROUNDS):
        index = nearest(tokens, centres)
        counts = index.bincount(minlength=size).to(tokens.dtype)
        sums = torch.zeros_like(centres).index_add_(0, index, tokens)
        centres = torch.where(counts[:, None] > 0, sums / counts[:, None].clamp_min(1), centres)
    return centres, nearest(tokens, centres).bincount(minlength=size).to(tokens.dtype)
