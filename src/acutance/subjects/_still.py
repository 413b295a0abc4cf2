"""Models of others held still: evaluation mode, no gradients of weights, and all as it was afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from torch import nn

__all__ = ["modules_of", "still"]


def modules_of(thing: object) -> tuple[nn.Module, ...]:
    """The object itself where it is a module, else the modules among its attributes."""
    if isinstance(thing, nn.Module):
        return (thing,)
    attributes = getattr(thing, "__dict__", {})
    return tuple(value for value in attributes.values() if isinstance(value, nn.Module))


@contextlib.contextmanager
def still(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Modules in evaluation mode, their weights without gradients; modes and flags are put back at the end.

    Args:
        modules: whole models; a graph recorded meanwhile leads to inputs only, so nothing is added to `.grad`.
    """
    parts = [part for module in modules for part in module.modules()]
    modes = [(part, part.training) for part in parts]
    wanted = [weight for part in parts for weight in part.parameters(recurse=False) if weight.requires_grad]
    for part in parts:
        part.training = False
    for weight in wanted:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
        for weight in wanted:
            weight.requires_grad_(True)
