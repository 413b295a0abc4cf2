"""Find where a model lost the detail, what its decoder did about it, and what to change."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import tyro

from acutance.cli._options import Common, DataOrOriginals, Out, Seed, Subject, Switch
from acutance.cli._parse import parse
from acutance.cli._terminal import at_work
from acutance.errors import ConfigError

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance diagnose runs/vae --data builtin:icons --out diagnosis",
    "acutance diagnose runs/vae --data photos/ --effort full --out diagnosis",
    "acutance diagnose python:my_model:model --data photos/ --size 64 --images 500 --out diagnosis",
    "acutance diagnose pairs:photos/:reconstructions/ --out diagnosis",
)
_LEAST = 16


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to diagnose.

    Attributes:
        subject: the folder that `acutance train` wrote, or a model made elsewhere, as diffusers:FOLDER_OR_ID,
            pythae:FOLDER, torchscript:FILE, onnx:FILE or python:MODULE:ATTRIBUTE.
        effort: fast takes forward passes and short optimisation, about a minute for a small model; full refits decoders
            on the frozen code, too, on images that the model was trained on.
        images: measure on so many at most, spread evenly.
        seed: of every draw; the same seed gives the same diagnosis.json.
        all_images: measure on the images that the model was trained on, too.
    """

    subject: Subject
    source: tyro.conf.OmitArgPrefixes[DataOrOriginals] = field(default_factory=DataOrOriginals)
    out: tyro.conf.OmitArgPrefixes[Out]
    effort: Literal["fast", "full"] = "fast"
    images: Annotated[int | None, tyro.conf.arg(metavar="N", help_behavior_hint="")] = None
    seed: Seed = 0
    all_images: Switch = False
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Writes diagnosis.json and report.html; what was found on the way is kept beside them, and used again."""
    options = parse(Options, words, name="diagnose", about=__doc__ or "", examples=EXAMPLES)
    if options.images is not None and options.images < _LEAST:
        raise ConfigError(f"--images is how many images to measure on, {_LEAST} or more; got {options.images}")
    if options.source.data is None and not options.subject.startswith("pairs:"):
        raise ConfigError("--data must be given; 'acutance diagnose --help' shows how")
    command = shlex.join(["acutance", "diagnose", *words])
    with at_work(options.common) as terminal:
        from acutance.cli._diagnosing import Asked, diagnosed

        asked = Asked(
            subject=options.subject,
            data=options.source,
            out=options.out,
            effort=options.effort,
            images=options.images,
            seed=options.seed,
            all_images=options.all_images,
            command=command,
        )
        diagnosed(asked, terminal)
