"""Memory that is used again for every part of a batch."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

__all__ = ["Workspace"]


class Workspace:
    """Tensors that are written anew for every part of a batch: fresh memory costs as much as the arithmetic.

    Belongs to one measure, and holds what its largest part needed; a name has one dtype. A copy begins empty.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Tensor] = {}

    def tensor(self, name: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """A tensor of any content; what was written to the one of the same name is lost."""
        size = math.prod(shape)
        if name not in self._kept or len(self._kept[name]) < size:
            with torch.inference_mode(False):
                self._kept[name] = torch.empty(size, dtype=dtype)
        return self._kept[name][:size].view(shape)

    def __reduce__(self) -> tuple[type[Workspace], tuple[Any, ...]]:
        return Workspace, ()
