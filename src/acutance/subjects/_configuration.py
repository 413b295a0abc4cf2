"""What a model of others states of its training, in our words (T9)."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

from torch import nn

from acutance.errors import SubjectError
from acutance.nn.blocks import count_parameters
from acutance.objectives.gaussian import effective_sigma

__all__ = ["counted", "number", "sigma_facts"]


def sigma_facts(sigma: float | None, kl_weight: float | None) -> dict[str, float]:
    """The effective decoder sigma, KL weight included, where a sigma is stated; in units of [0, 1] (T9)."""
    return {} if sigma is None else {"decoder_sigma": effective_sigma(1.0 if kl_weight is None else kl_weight, sigma)}


def number(stated: object, name: str, who: str) -> float | None:
    """A positive number that an object may state, also as a tensor of one; None where it does not.

    Raises:
        SubjectError: what it states is none.
    """
    if stated is None:
        return None
    item: Callable[[], Any] | None = getattr(stated, "item", None)
    value = item() if item is not None else stated
    if not isinstance(value, Real) or not 0 < float(value) < float("inf"):
        raise SubjectError(f"{who}: {name} is a positive number, got {stated!r}")
    return float(value)


def counted(modules: tuple[nn.Module, ...]) -> int | None:
    """How many numbers the modules hold; None where there is no module."""
    return sum(count_parameters(module) for module in modules) if modules else None
