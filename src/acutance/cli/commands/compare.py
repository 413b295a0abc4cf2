"""Measure models side by side on images they were not trained on, and write one page about it."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import tyro

from acutance.cli._options import Common, Data, Out, Switch
from acutance.cli._parse import parse
from acutance.cli._terminal import Terminal, at_work
from acutance.errors import ConfigError

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance compare runs/vae runs/crisp runs/gan --data builtin:icons --out report",
    "acutance compare runs/vae --data more-photos/ --out report-more",
    "acutance compare runs/vae --data photos/ --all-images --out report-all",
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to compare.

    Attributes:
        subjects: folders that `acutance train` wrote, one or more.
        seed: of every draw.
        all_images: measure on the images that the models were trained on, too.
    """

    subjects: Annotated[
        tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="SUBJECT [SUBJECT ...]", help_behavior_hint="")
    ] = ()
    images: tyro.conf.OmitArgPrefixes[Data]
    out: tyro.conf.OmitArgPrefixes[Out]
    seed: int = 0
    all_images: Switch = False
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Writes report.html, comparison.json and detail-map.svg."""
    options = parse(Options, words, name="compare", about=__doc__ or "", examples=EXAMPLES)
    if not options.subjects:
        raise ConfigError("name at least one model: acutance compare SUBJECT [SUBJECT ...] --data SOURCE --out DIR")
    if len({*options.subjects}) < len(options.subjects):
        raise ConfigError(f"every subject once, got {' '.join(options.subjects)}")
    with at_work(options.common) as terminal:
        _compare(options, shlex.join(["acutance", "compare", *words]), terminal)


def _compare(options: Options, command: str, terminal: Terminal) -> None:
    from dataclasses import replace

    from acutance import report
    from acutance.cli._folder import claimed
    from acutance.cli._images import fitted, tried, unseen
    from acutance.diagnose import Subject, compare
    from acutance.subjects import open_subject
    from acutance.train import made_with

    start = time.perf_counter()
    found = [open_subject(text) for text in options.subjects]
    folder = claimed(options.out)
    images = fitted(options.images, found[0], terminal)
    for one in found[1:]:
        tried(one, images, terminal)
    measured = images if options.all_images else unseen(images, found, terminal)
    names = [one.name for one in found]
    subjects = [
        Subject(
            name=one.name if names.count(one.name) == 1 else one.text,
            model=one.model,
            made=one.made,
            warnings=one.warnings,
        )
        for one in found
    ]
    comparison = compare(
        subjects,
        measured,
        seed=options.seed,
        on_subject=lambda name: terminal.step(f"Measuring {name} on {len(measured):,} images"),
    )
    on = "all, those trained on too" if options.all_images else f"{len(measured):,} of {len(images):,}, none trained on"
    made = {"command": command, "images": on, "seed": options.seed, "seconds": round(time.perf_counter() - start, 1)}
    report.write(replace(comparison, made={**made, **made_with()}), folder)
    terminal.markdown(report.summary_table(comparison))
    terminal.say(f"\nmeasured on: {on}")
    terminal.say(f"the page: {folder}/report.html")
