"""What a module counts and averages as it goes, kept as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import torch
from torch import nn

__all__ = ["buffers_kept"]


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
