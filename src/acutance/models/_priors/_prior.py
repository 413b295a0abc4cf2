"""What a fitted prior is, whatever its kind."""

from __future__ import annotations

import abc
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["LatentPrior"]


class LatentPrior(nn.Module, abc.ABC):
    """A distribution of latents.

    Attributes:
        settings: what its constructor is given, as JSON values; with them and its tensors it is kept on disk.
    """

    settings: dict[str, Any]

    @property
    @abc.abstractmethod
    def latent(self) -> tuple[int, ...]:
        """Shape of one latent."""

    @abc.abstractmethod
    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n latents, (n, *latent), float32."""
