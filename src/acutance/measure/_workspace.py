"""Memory that is used again for every part of a batch."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

__all__ = ["Workspace"]


class Workspace:
    """Tensors that are written anew for every part of a batch: fresh memory costs as much as the arithmetic.

    Belongs to one measure, and holds what its largest part needed. A copy begins empty.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Tensor] = {}
        self._views: dict[tuple[str, tuple[int, ...]], Tensor] = {}

    def tensor(self, name: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """A tensor of any content; what was written to the one of the same name is lost."""
        view = self._views.get((name, shape))
        if view is None:
            with torch.inference_mode(False):
                view = self._views[name, shape] = self._largest(name, math.prod(shape), dtype).view(shape)
        return view

    def _largest(self, name: str, size: int, dtype: torch.dtype) -> Tensor:
        kept = self._kept.get(name)
        if kept is None or len(kept) < size:
            kept = self._kept[name] = torch.empty(size, dtype=dtype)
            self._views = {key: view for key, view in self._views.items() if key[0] != name}
        return kept[:size]

    def __reduce__(self) -> tuple[type[Workspace], tuple[Any, ...]]:
        return Workspace, ()
