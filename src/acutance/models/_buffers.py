"""What a module counts and averages as it goes, kept as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn

__all__ = ["buffers_kept", "running_mean"]

_MEMORY = 0.02


@torch.no_grad()
def running_mean(kept: Tensor, value: Tensor) -> Tensor:
    """The mean that follows a new value by a fiftieth of the way; the value itself where what was kept is below 0."""
    return torch.where(kept < 0, value, torch.lerp(kept, value, _MEMORY))


@contextlib.contextmanager
def buffers_kept(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Running statistics and the like are put back at the end; gradients may still be taken afterwards.

    Args:
        modules: whole models.
    """
    buffers = [buffer for module in modules for buffer in module.buffers()]
    before = [buffer.detach().clone() for buffer in buffers]
    try:
        yield
    finally:
        for buffer, was in zip(buffers, before, strict=True):
            if not torch.equal(buffer, was):
                buffer.data = was
