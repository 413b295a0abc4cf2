"""A test of claims from its beginning to claims.json, going on where an earlier one stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from acutance.catalog import did_you_mean
from acutance.claims._claim import CLAIMS, Claim, identifiers, module_of
from acutance.claims._executor import Done, Executor, carry_out
from acutance.claims._plan import Plan, plan_for
from acutance.claims._result import document_of
from acutance.claims._scene import Scene
from acutance.claims._store import Store
from acutance.errors import ConfigError
from acutance.models._whole_file import replace_file

__all__ = ["asked_claims", "run_claims", "store_in"]

_CELLS = "cells"


def asked_claims(names: Sequence[str]) -> dict[str, Claim]:
    """Claims by identifier; all of them where none is named.

    Raises:
        ConfigError: there is no such claim, or one is named twice.
    """
    known = identifiers()
    wanted = [name.upper() for name in names] or known
    for given, name in zip(names, wanted, strict=False):
        if name not in known:
            raise ConfigError(f"no claim is called {given!r}; {did_you_mean(name, known)}")
    if len({*wanted}) < len(wanted):
        raise ConfigError(f"every claim once, got {' '.join(names)}")
    return {name: CLAIMS.load(module_of(name)) for name in known if name in wanted}


def store_in(out: Path) -> Store:
    """Where the cells of a test in this folder lie."""
    return Store(out / _CELLS)


def run_claims(
    claims: dict[str, Claim],
    scene: Scene,
    out: Path,
    executor: Callable[[Store], Executor],
    *,
    done: Done = lambda cell, seconds: None,
    made: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Runs what is missing, and says what came out.

    Args:
        claims: by identifier.
        scene: how they are tested.
        out: cells are kept in a folder in it; finished ones are not run again.
        executor: what runs cells, made when there are some to run.
        done: told of every cell.
        made: how it was made, for the record.

    Returns:
        The document of claims.json.
    """
    store, plan = store_in(out), plan_for(claims, scene)
    store.root.mkdir(parents=True, exist_ok=True)
    replace_file(store.root / "plan.json", lambda temporary: temporary.write_text(_listed(plan)))
    if plan.missing(store):
        carry_out(plan, store, executor(store), done)
    return document_of(claims, scene, store, made=made or {})


def _listed(plan: Plan) -> str:
    return json.dumps({key: cell.label for key, cell in plan.cells.items()}, indent=1) + "\n"
