"""A trainable copy of the decoder of an object that decodes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor, nn

from acutance.errors import SubjectError

__all__ = ["decoder_copier", "parameters_of"]


def parameters_of(thing: object) -> list[nn.Parameter]:
    """What the object's `parameters()` lists; nothing where it has none."""
    listed: Callable[[], Any] | None = getattr(thing, "parameters", None)
    found = list(listed()) if callable(listed) else []
    return [weight for weight in found if isinstance(weight, nn.Parameter)]


def decoder_copier(thing: object, text: str) -> Callable[[], nn.Module] | None:
    """Copies the whole object and trains its decoder: whatever `decode` does around it stays done.

    Args:
        thing: has `decode`, and weights: those of its module `decoder`, or else all.
        text: how messages call it.

    Returns:
        None where there is nothing to train.
    """
    if not isinstance(getattr(thing, "decoder", None), nn.Module) and not parameters_of(thing):
        return None

    def copied() -> nn.Module:
        try:
            return _DecoderCopy(copy.deepcopy(thing), text)
        except (TypeError, RuntimeError, NotImplementedError) as error:
            raise SubjectError(f"{text}: its decoder cannot be copied for a refit: {error}") from error

    return copied


@final
class _DecoderCopy(nn.Module):
    """`decode` of a copied object; what is trained is its decoder, or all its weights where none is named."""

    def __init__(self, thing: Any, text: str) -> None:
        super().__init__()
        decoder = getattr(thing, "decoder", None)
        if isinstance(decoder, nn.Module):
            self.trained: nn.Module = decoder
        else:
            self.trained = thing if isinstance(thing, nn.Module) else nn.ParameterList(parameters_of(thing))
        self._decode: Callable[[Tensor], Any] = thing.decode
        self._text = text

    def forward(self, latents: Tensor) -> Any:
        found = self._decode(latents)
        if torch.is_grad_enabled() and isinstance(found, Tensor) and not found.requires_grad:
            raise SubjectError(f"{self._text}: decode lets no gradient through to its weights: it cannot be refitted")
        return found
