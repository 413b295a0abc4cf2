"""A config dataclass as a group of options: defaults from a value, help from its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, fields, make_dataclass, replace
from typing import Annotated, Any, TypeVar, get_origin, get_type_hints

import tyro

__all__ = ["as_options", "attribute_docs", "from_options"]

T = TypeVar("T")


def as_options(value: Any, name: str, aliases: Mapping[str, Sequence[str]] | None = None) -> type[Any]:
    """A dataclass of options with one option for each field of a config.

    Args:
        value: a frozen dataclass; its fields are the defaults.
        name: of the group.
        aliases: other names of a field, e.g. {"precision": ["--mixed-precision"]}.

    Returns:
        A dataclass without those fields that no word on a command line can fill, dictionaries.
    """
    kind = type(value)
    hints = get_type_hints(kind)
    told = attribute_docs(kind)
    names = aliases or {}
    made: list[tuple[str, Any, Any]] = [
        (
            f.name,
            Annotated[hints[f.name], _worded(getattr(value, f.name), told.get(f.name, ""), names.get(f.name, ()))],
            field(default=getattr(value, f.name)),
        )
        for f in fields(value)
        if get_origin(hints[f.name]) is not dict
    ]
    options = make_dataclass(name, made, frozen=True, kw_only=True)
    options.__doc__ = (inspect.getdoc(kind) or "").split("\n\n")[0]
    return options


def _worded(default: Any, told: str, aliases: Sequence[str]) -> Any:
    """How the help shows an option; a switch is on or off."""
    if isinstance(default, bool):
        shown = f"(default: {'on' if default else 'off'})"
        return tyro.conf.arg(help=told, aliases=list(aliases), help_behavior_hint=shown)
    return tyro.conf.arg(help=told, aliases=list(aliases))


def from_options(value: T, options: Any) -> T:
    """The config with what the options say."""
    return replace(value, **{f.name: getattr(options, f.name) for f in fields(options)})  # type: ignore[type-var]


def attribute_docs(kind: type[Any]) -> dict[str, str]:
    """What the `Attributes:` sections of a dataclass and its bases say of each field.

    Example:
        >>> class Blur:
        ...     '''A filter.
        ...
        ...     Attributes:
        ...         sigma_px: its width,
        ...             in pixels.
        ...     '''
        >>> attribute_docs(Blur)
        {'sigma_px': 'its width, in pixels.'}
    """
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        section = re.search(r"^Attributes:\n((?:(?: +.*)?\n?)*)", inspect.cleandoc(base.__doc__ or ""), re.MULTILINE)
        name = ""
        for line in section.group(1).splitlines() if section else ():
            begins = re.match(r" {4}(\w+): (.*)", line)
            if begins:
                name = begins.group(1)
                found[name] = begins.group(2).strip()
            elif name and line.strip():
                found[name] += " " + line.strip()
    return found
