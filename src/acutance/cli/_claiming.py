"""A test of claims: planned, run with a bar, written and told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, final

from rich.table import Table

from acutance import report
from acutance.claims import (
    Cell,
    Claim,
    Cost,
    Executor,
    LocalExecutor,
    RayExecutor,
    Scene,
    Store,
    asked_claims,
    cost_of,
    plan_for,
    run_claims,
    store_in,
)
from acutance.cli._exit import Stopped
from acutance.cli._terminal import Terminal
from acutance.data import open_source
from acutance.errors import ConfigError
from acutance.train import made_with

__all__ = ["Asked", "tested"]

_EFFORT = {"full": 1.0, "smoke": 0.01}


@final
@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a user asked for.

    Attributes:
        names: of claims, as typed.
        out: where to.
        data: the real images.
        seeds: how many.
        effort: of every training.
        executor: what runs the cells.
        workers: at the same time; None as many as there are processors.
        dry_run: only say what would be run.
        command: as typed.
    """

    names: tuple[str, ...]
    out: Path
    data: str
    seeds: int
    effort: Literal["full", "smoke"]
    executor: Literal["local", "ray"]
    workers: int | None
    dry_run: bool
    command: str


def tested(asked: Asked, terminal: Terminal) -> None:
    """Tests, writes and tells.

    Raises:
        InputError: there is no such claim, the folder holds something else, or the images cannot be used.
        Stopped: Ctrl-C; the same command goes on.
    """
    claims = asked_claims(asked.names)
    out = _folder(asked.out)
    scene = Scene(seeds=tuple(range(asked.seeds)), real=asked.data, effort=_EFFORT[asked.effort])
    open_source(asked.data, size=scene.icons.size, channels=1).split()  # refused now, not in a worker an hour later
    workers = asked.workers or os.cpu_count() or 1
    cost = cost_of(plan_for(claims, scene), store_in(out))
    if asked.dry_run:
        _tell_plan(claims, scene, out, cost, workers, terminal)
        return
    document = _run(asked, claims, scene, out, cost, terminal)
    report.write_claims(document, out)
    _tell(document, terminal)
    terminal.say(f"the page: {out}/report.html")


def _folder(out: Path) -> Path:
    """The folder, which is new or empty or holds an earlier test."""
    folder = out.expanduser()
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"--out {folder} is a file; name a folder")
    if folder.exists() and any(folder.iterdir()) and not store_in(folder).root.is_dir():
        raise ConfigError(f"--out {folder} has files in it that no test of claims left; choose another folder")
    return folder


def _executor(asked: Asked) -> Callable[[Store], Executor]:
    if asked.executor == "ray":
        return lambda store: RayExecutor(store.root, asked.workers)
    return lambda store: LocalExecutor(store.root, asked.workers or os.cpu_count() or 1)


def _run(
    asked: Asked, claims: dict[str, Claim], scene: Scene, out: Path, cost: Cost, terminal: Terminal
) -> dict[str, Any]:
    start = time.perf_counter()
    terminal.step(f"{cost.cells} cells to run, {cost.finished} are there; about {_span(cost.seconds)} on one core")
    passed, share = 0, 0.0
    usual = cost.seconds / len(cost.known) if cost.known else 1.0
    whole = cost.seconds + usual * cost.unknown
    with terminal.work("testing claims") as advance:

        def done(cell: Cell, seconds: float) -> None:
            nonlocal passed, share
            passed += 1
            share += cost.known.get(cell.key, usual) / whole
            advance(cell.label, share)

        made = {
            "command": asked.command,
            "data": asked.data,
            "effort": asked.effort,
            "executor": asked.executor,
            **made_with(),
        }
        try:
            document = run_claims(claims, scene, out, _executor(asked), done=done, made=made)
        except KeyboardInterrupt:
            raise Stopped(
                f"stopped after {passed} of {cost.cells} cells, which are kept in {out}; go on with: {asked.command}"
            ) from None
    document["made"]["seconds"] = round(time.perf_counter() - start, 1)
    return document


def _tell_plan(claims: dict[str, Claim], scene: Scene, out: Path, cost: Cost, workers: int, terminal: Terminal) -> None:
    store = store_in(out)
    table = Table("claim", "cells", "to run", "one core", box=None)
    for name, claim in claims.items():
        alone = cost_of(plan_for({name: claim}, scene), store)
        table.add_row(name, str(alone.cells + alone.finished), str(alone.cells), _span(alone.seconds))
    terminal.table(table)
    terminal.say(
        f"\ntogether, what they share once: {cost.cells} cells to run, {_span(cost.seconds)} on one core, about "
        f"{_span(cost.seconds / workers)} with {workers} workers"
    )
    if cost.unknown:
        terminal.say(f"{cost.unknown} of them were never timed and are not in these times")


def _tell(document: dict[str, Any], terminal: Terminal) -> None:
    table = Table("claim", "verdict", "effect", "95 %", "unit", box=None)
    for claim in document["claims"]:
        ends = [claim["low"], claim["high"]]
        interval = "-" if None in ends else " to ".join(f"{end:.3g}" for end in ends)
        effect = "-" if claim["effect"] is None else f"{claim['effect']:.3g}"
        table.add_row(claim["id"], claim["verdict"], effect, interval, claim["unit"])
    terminal.table(table)
    if document["seeds"] < 2:
        terminal.say("\none seed does not tell how much seeds differ, so nothing is decided: --seeds 2 or more")


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
