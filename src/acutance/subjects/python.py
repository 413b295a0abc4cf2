"""Any Python object with encode and decode, generate or translate: `python:MODULE:ATTRIBUTE`.

The attribute is the object, or a function of no arguments that makes it. Importing the module runs it: it is the
user's own code.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from acutance.catalog import did_you_mean
from acutance.errors import SubjectError
from acutance.models._import import imported
from acutance.subjects._check import check
from acutance.subjects._configuration import counted, number, sigma_facts
from acutance.subjects._decoder_copy import decoder_copier, parameters_of
from acutance.subjects._foreign import Foreign, Parts, adapt
from acutance.subjects._opened import Opened
from acutance.subjects._still import modules_of
from acutance.subjects._values import UNIT, ValueRange

__all__ = ["adapted", "opened"]

_CAPABILITIES = ("encode", "generate", "translate")
_FUNCTIONS = (*_CAPABILITIES, "decode")
_OPTIONAL = ("preprocess", "prior", "losses")


def opened(argument: str) -> Opened:
    """The object that a user's module holds.

    Raises:
        SubjectError: there is no such module or attribute, or it is nothing that could be looked at.
    """
    text = f"python:{argument}"
    name, colon, attribute = argument.partition(":")
    if not colon or not name or not attribute:
        raise SubjectError(f"{text!r}: write python:MODULE:ATTRIBUTE, e.g. python:mymodel:vae for vae in mymodel.py")
    module = imported(name, text)
    if attribute not in vars(module):
        known = [key for key in vars(module) if not key.startswith("_")]
        raise SubjectError(f"{text!r}: {name} has no {attribute!r}; {did_you_mean(attribute, known)}")
    return adapted(_made(vars(module)[attribute], text), text=text, name=attribute)


def adapted(thing: object, *, text: str = "python object", name: str | None = None) -> Opened:
    """An object as a subject: what it can do, behind our protocols. The object is never altered.

    Args:
        thing: has `encode` and `decode`, `generate`, or `translate`; see docs/subjects.md for all that it may have.
        text: how messages call it.
        name: shown to readers; the name of its class by default.

    Raises:
        SubjectError: it has none of these, or states something that cannot be.
    """
    values = ValueRange.of(getattr(thing, "value_range", UNIT), text)
    functions: dict[str, Any] = {key: _function(thing, key, text) for key in _FUNCTIONS} | {
        key: _optional(thing, key) for key in _OPTIONAL
    }
    if functions["encode"] is not None and functions["decode"] is None:
        raise SubjectError(f"{text} has encode but no decode: give both")
    modules = modules_of(thing)
    sigma, weight = (number(getattr(thing, key, None), key, text) for key in ("decoder_sigma", "kl_weight"))
    spread = values.high - values.low
    parts = Parts(
        text=text,
        family=type(thing).__name__,
        takes=values,
        gives=values,
        shape=_shape(getattr(thing, "image_shape", None), text),
        modules=modules,
        codebook=_count(getattr(thing, "codebook_size", None)),
        weights=_weights(thing),
        decoder_copy=decoder_copier(thing, text) if functions["decode"] is not None else None,
        facts=sigma_facts(None if sigma is None else sigma / spread, weight),
        configuration={
            key: value for key, value in (("decoder_sigma", sigma), ("kl_weight", weight)) if value is not None
        },
        parameters=_count_parameters(thing, modules),
        **functions,
    )
    model = adapt(parts)
    assert isinstance(model, Foreign)
    return Opened(text=text, name=name or parts.family, model=model, check=partial(check, model))


def _made(attribute: object, text: str) -> object:
    """The attribute itself, or what it makes where it is a class or a plain function."""
    able = not isinstance(attribute, type) and any(getattr(attribute, name, None) for name in _CAPABILITIES)
    if able or not callable(attribute):
        return attribute
    try:
        return attribute()
    except Exception as error:
        raise SubjectError(f"{text!r}: calling it without arguments failed: {type(error).__name__}: {error}") from error


def _function(thing: object, name: str, text: str) -> Callable[..., Any] | None:
    found: Callable[..., Any] | None = getattr(thing, name, None)
    if found is not None and not callable(found):
        raise SubjectError(f"{text}: {name} is {type(found).__name__}; it must be a function")
    return found


def _optional(thing: object, name: str) -> Callable[..., Any] | None:
    found: Callable[..., Any] | None = getattr(thing, name, None)
    return found if callable(found) else None


def _shape(stated: object, text: str) -> tuple[int, int, int] | None:
    if stated is None:
        return None
    sides = tuple(stated) if isinstance(stated, tuple | list) else ()
    if len(sides) != 3 or not all(isinstance(side, int) and side > 0 for side in sides):
        raise SubjectError(f"{text}: image_shape is (channels, height, width), got {stated!r}")
    return sides[0], sides[1], sides[2]


def _count(stated: object) -> int | None:
    return stated if isinstance(stated, int) and stated > 0 else None


def _weights(thing: object) -> dict[str, list[nn.Parameter]]:
    """Those of its encoder, of its decoder, and the rest."""
    parts = {name: getattr(thing, name, None) for name in ("encoder", "decoder")}
    found = {name: list(part.parameters()) for name, part in parts.items() if isinstance(part, nn.Module)}
    named = {id(weight) for held in found.values() for weight in held}
    rest = [weight for weight in parameters_of(thing) if id(weight) not in named]
    return {**found, **({"rest": rest} if rest else {})}


def _count_parameters(thing: object, modules: tuple[nn.Module, ...]) -> int | None:
    own = parameters_of(thing)
    return sum(weight.numel() for weight in own) if own else counted(modules)
