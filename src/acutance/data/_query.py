"""Parameters inside a source's text: `synthetic:edges?s=3&n=2000`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from acutance.catalog import did_you_mean
from acutance.errors import SourceError

__all__ = ["no_parameters", "parameters"]

T = TypeVar("T")

_WORDS = {int: "a whole number", float: "a number", str: "a word"}


def parameters(source: str, text: str, config: type[T]) -> T:
    """The parameters of a source as its frozen dataclass of ints, floats and words.

    Args:
        source: how messages call the source.
        text: what follows the question mark, `s=3&n=2000`; empty for the defaults.
        config: the dataclass; a field's default tells its type.

    Raises:
        SourceError: an unknown or repeated name, or a value of the wrong type.
    """
    known = {f.name: f for f in fields(config)}  # type: ignore[arg-type]
    found: dict[str, Any] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True) if text else []
    except ValueError as error:
        raise SourceError(f"{source} takes parameters as name=value&name=value, got {text!r}") from error
    for name, value in pairs:
        if name not in known:
            raise SourceError(f"{source} has no parameter {name!r}; {did_you_mean(name, list(known))}")
        if name in found:
            raise SourceError(f"{source}: the parameter {name!r} is given twice")
        kind: type[Any] = type(known[name].default)
        try:
            found[name] = kind(value)
        except ValueError as error:
            raise SourceError(f"{source}: the parameter {name!r} is {_WORDS[kind]}, got {value!r}") from error
    return config(**found)


def no_parameters(source: str, text: str) -> None:
    """Refuse parameters for a source that has none.

    Raises:
        SourceError: there are some.
    """
    if text:
        raise SourceError(f"{source} takes no parameters, got {text!r}")
