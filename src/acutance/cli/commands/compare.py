"""Measure models side by side on images they were not trained on, and write one page about it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import tyro

from acutance.cli._options import Common, Data, Out, Seed, Switch
from acutance.cli._parse import parse
from acutance.cli._terminal import at_work
from acutance.errors import ConfigError

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance compare runs/vae runs/crisp runs/gan --data builtin:icons --out report",
    "acutance compare runs/vae --data more-photos/ --out report-more",
    "acutance compare runs/vae runs/big --data photos/ --effort fast --out report-why",
    "acutance compare runs/vae --data photos/ --all-images --out report-all",
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to compare.

    Attributes:
        subjects: folders that `acutance train` wrote, or models made elsewhere as for diagnose; one or more.
        effort: none measures only; fast and full also find out where each model lost the detail, as diagnose does.
        seed: of every draw.
        all_images: measure on the images that the models were trained on, too.
    """

    subjects: Annotated[
        tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="SUBJECT [SUBJECT ...]", help_behavior_hint="")
    ] = ()
    images: tyro.conf.OmitArgPrefixes[Data]
    out: tyro.conf.OmitArgPrefixes[Out]
    effort: Literal["none", "fast", "full"] = "none"
    seed: Seed = 0
    all_images: Switch = False
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Writes report.html, comparison.json and detail-map.svg."""
    options = parse(Options, words, name="compare", about=__doc__ or "", examples=EXAMPLES)
    if not options.subjects:
        raise ConfigError("name at least one model: acutance compare SUBJECT [SUBJECT ...] --data SOURCE --out DIR")
    if len({*options.subjects}) < len(options.subjects):
        raise ConfigError(f"every subject once, got {' '.join(options.subjects)}")
    command = shlex.join(["acutance", "compare", *words])
    with at_work(options.common) as terminal:
        from acutance.cli._comparing import Asked, compared

        asked = Asked(
            subjects=options.subjects,
            data=options.images,
            out=options.out,
            effort=options.effort,
            seed=options.seed,
            all_images=options.all_images,
            command=command,
        )
        compared(asked, terminal)
