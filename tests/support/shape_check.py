"""The run-time type checker of the tests: beartype, with what it cannot take from a single function left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from beartype import BeartypeConf, beartype


def check(function: Callable[..., Any]) -> Callable[..., Any]:
    """Checks calls of `function` against its annotations.

    The import hook of jaxtyping decorates one function at a time, where `Self` has no meaning yet: that parameter goes
    unchecked.
    """
    annotations = function.__annotations__
    function.__annotations__ = {name: hint for name, hint in annotations.items() if "Self" not in str(hint)}
    return beartype(conf=BeartypeConf(is_pep484_tower=True))(function)
