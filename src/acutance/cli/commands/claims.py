"""Put the explanations of blur and crispness to the test, and write one page about what came out."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from acutance.cli._options import Common, Switch
from acutance.cli._parse import parse
from acutance.cli._terminal import at_work
from acutance.errors import ConfigError

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance claims --dry-run --out claims",
    "acutance claims S7 S2 --seeds 2 --out claims",
    "acutance claims --seeds 5 --out claims",
    "acutance claims --executor ray --out shared/claims",
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to test.

    Attributes:
        claims: S1 ... S12.
        out: folder for claims.json and report.html; the same command in the same folder goes on where it stopped, and
            what was run for one claim is not run again for another.
        data: the real images.
        seeds: how many times every comparison is made, with other networks each time; with one nothing is decided.
        effort: full; or smoke, which runs everything for seconds to see that it runs: its verdicts mean nothing.
        executor: processes on this machine; or ray, a Ray cluster (the one that RAY_ADDRESS names, or a local one),
            whose machines all see --out.
        workers: trainings at the same time, of one thread each; by default as many as there are processors.
        dry_run: say what would be run and how long it takes; train nothing.
    """

    claims: Annotated[
        tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="ID [ID ...]", help_behavior_hint="(default: all)")
    ] = ()
    out: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    data: Annotated[str, tyro.conf.arg(metavar="SOURCE")] = "builtin:icons"
    seeds: int = 5
    effort: Literal["full", "smoke"] = "full"
    executor: Literal["local", "ray"] = "local"
    workers: Annotated[int | None, tyro.conf.arg(metavar="N", help_behavior_hint="")] = None
    dry_run: Switch = False
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Writes claims.json and report.html."""
    options = parse(Options, words, name="claims", about=__doc__ or "", examples=EXAMPLES)
    for name, value in (("seeds", options.seeds), ("workers", options.workers)):
        if value is not None and value < 1:
            raise ConfigError(f"--{name} is a number from 1 up, got {value}")
    command = shlex.join(["acutance", "claims", *words])
    with at_work(options.common) as terminal:
        from acutance.cli._claiming import Asked, tested

        asked = Asked(
            names=options.claims,
            out=options.out,
            data=options.data,
            seeds=options.seeds,
            effort=options.effort,
            executor=options.executor,
            workers=options.workers,
            dry_run=options.dry_run,
            command=command,
        )
        tested(asked, terminal)
