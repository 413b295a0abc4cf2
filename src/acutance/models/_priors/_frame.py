"""Latents of any shape as a few whitened numbers, and back."""

from __future__ import annotations

import math
from typing import Final, final

import torch
from torch import Tensor, nn

from acutance.errors import InputError

__all__ = ["Frame"]

MOST: Final = 256
_LEAST: Final = 1e-6


@final
class Frame(nn.Module):
    """Principal directions of latents, each scaled to a variance of 1; what lies beyond them is white noise.

    Args:
        latent: shape of one image's latent.
        kept: how many directions.
    """

    def __init__(self, latent: tuple[int, ...], kept: int) -> None:
        super().__init__()
        size = math.prod(latent)
        self.latent = latent
        self.kept = kept
        self.register_buffer("mean", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("basis", torch.zeros(kept, size, dtype=torch.float64))
        self.register_buffer("scales", torch.ones(kept, dtype=torch.float64))
        self.register_buffer("rest", torch.zeros((), dtype=torch.float64))
        self.mean: Tensor
        self.basis: Tensor
        self.scales: Tensor
        self.rest: Tensor

    @staticmethod
    def of(latents: Tensor) -> Frame:
        """The frame of latents (N, *latent): all directions, or the 256 that vary most.

        Raises:
            InputError: fewer than two latents, or some that are no numbers.
        """
        if len(latents) < 2 or not latents.isfinite().all():
            raise InputError(f"a prior is fitted to finite codes of two images at least, got {tuple(latents.shape)}")
        flat = latents.flatten(1).double()
        centred = flat - flat.mean(0)
        _, spread, directions = torch.linalg.svd(centred, full_matrices=False)
        variances = spread.square() / len(flat)
        kept = int(min(MOST, (variances > _LEAST * variances[0].clamp_min(_LEAST)).sum().clamp_min(1)))
        frame = Frame(tuple(latents.shape[1:]), kept)
        frame.mean.copy_(flat.mean(0))
        frame.basis.copy_(directions[:kept])
        frame.scales.copy_(variances[:kept].clamp_min(_LEAST**2).sqrt())
        beyond = max(1, flat.shape[1] - kept)
        frame.rest.copy_((variances[kept:].sum() / beyond).sqrt())
        return frame

    def inside(self, latents: Tensor) -> Tensor:
        """(N, *latent) to (N, kept), float64."""
        return ((latents.flatten(1).double() - self.mean) @ self.basis.T) / self.scales

    def outside(self, places: Tensor, generator: torch.Generator) -> Tensor:
        """(N, kept) to (N, *latent), float32, with noise in the directions that are not kept."""
        flat = self.mean + (places.double() * self.scales) @ self.basis
        if self.rest > 0:
            noise = torch.randn(flat.shape, generator=generator, device=flat.device, dtype=torch.float64)
            flat = flat + self.rest * (noise - (noise @ self.basis.T) @ self.basis)
        return flat.float().view(-1, *self.latent)
