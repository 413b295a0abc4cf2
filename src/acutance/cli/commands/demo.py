"""The answer on one page: train a VAE and a GAN on icons, measure both, diagnose, write report.html."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from acutance.cli._exit import Stopped
from acutance.cli._options import Common, Seed
from acutance.cli._parse import parse
from acutance.cli._terminal import Terminal, at_work
from acutance.errors import ConfigError

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance demo",
    "acutance demo --out demo-1 --seed 1",
    "acutance demo --out short --scale 0.1",
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to show it.

    Attributes:
        out: folder for the page, its numbers and the trained models; what was begun there is gone on with.
        seed: of everything.
        scale: multiplies the length of every training.
    """

    out: Annotated[Path, tyro.conf.arg(metavar="DIR")] = Path("demo")
    seed: Seed = 0
    scale: float = 1.0
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Trains, measures, diagnoses and writes the page."""
    options = parse(Options, words, name="demo", about=__doc__ or "", examples=EXAMPLES)
    if not 0 < options.scale <= 100:
        raise ConfigError(f"--scale multiplies the length of every training, more than 0; got {options.scale}")
    _check_folder(options.out)
    with at_work(options.common) as terminal:
        _demo(options, terminal)


def _check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out} is a file; name a folder")
    if out.exists() and any(out.iterdir()) and not (out / "vae" / "run.json").exists():
        raise ConfigError(f"--out {out} has files in it that are no demo; choose another folder")


def _demo(options: Options, terminal: Terminal) -> None:
    from acutance.cli._diagnosing import tell
    from acutance.demo import run_demo
    from acutance.report import summary_table
    from acutance.train import Interrupted

    try:
        comparison, diagnosis = run_demo(
            options.out,
            seed=options.seed,
            scale=options.scale,
            listeners=terminal.listeners,
            on_step=terminal.step,
            work=terminal.work,
        )
    except Interrupted as stop:
        raise Stopped(f"{str(stop).partition(':')[0]}; the same command goes on from there") from stop
    terminal.markdown(summary_table(comparison))
    terminal.say()
    tell(diagnosis, terminal)
    terminal.say(f"\nthe page: {options.out}/report.html")
