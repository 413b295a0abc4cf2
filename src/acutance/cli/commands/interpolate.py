"""Walk between images on a straight line through a model's codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import tyro

from acutance.cli._options import Common, Data, Out, Subject
from acutance.cli._parse import parse
from acutance.cli._terminal import Terminal, at_work
from acutance.errors import ConfigError

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance interpolate runs/vae --data builtin:icons --out lines",
    "acutance interpolate runs/spatial_vae --data faces/ --pairs 10 --steps 12 --out lines",
)
_SIDE = 96


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to interpolate.

    Attributes:
        subject: the folder that `acutance train` wrote, or a model made elsewhere, as diffusers:FOLDER_OR_ID,
            pythae:FOLDER, torchscript:FILE, onnx:FILE or python:MODULE:ATTRIBUTE.
        steps: decoded images on a line, both ends included.
        pairs: how many lines; their ends are images spread evenly over the data.
    """

    subject: Subject
    images: tyro.conf.OmitArgPrefixes[Data]
    out: tyro.conf.OmitArgPrefixes[Out]
    steps: Annotated[int, tyro.conf.arg(metavar="N")] = 8
    pairs: Annotated[int, tyro.conf.arg(metavar="N")] = 4
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Writes line-000.png, line-001.png, ...: an image, the line, the other image."""
    options = parse(Options, words, name="interpolate", about=__doc__ or "", examples=EXAMPLES)
    if options.pairs < 1 or options.steps < 2:
        raise ConfigError(f"--pairs is 1 or more and --steps 2 or more; got {options.pairs} and {options.steps}")
    with at_work(options.common) as terminal:
        _interpolate(options, terminal)


def _interpolate(options: Options, terminal: Terminal) -> None:
    import numpy as np
    import torch

    from acutance.cli._folder import PictureFolder
    from acutance.cli._images import fitted
    from acutance.diagnose._assess import to_bytes
    from acutance.models import interpolate
    from acutance.report import contact_sheet
    from acutance.rng import seeded
    from acutance.subjects import open_subject

    subject = open_subject(options.subject)
    model = subject.autoencoder("interpolate between images")
    folder = PictureFolder(options.out)
    images = fitted(options.images, subject, terminal)
    if len(images) < 2 * options.pairs:
        raise ConfigError(
            f"{options.pairs} lines need {2 * options.pairs} images, {images.source!r} has {len(images)}; give a "
            "smaller --pairs"
        )
    ends = np.linspace(0, len(images) - 1, 2 * options.pairs).round().astype(np.int64).reshape(-1, 2)
    scale = max(1, _SIDE // max(images.shape[1:]))
    for i, pair in enumerate(ends):
        both = images.tensor(pair).to(subject.model.device)
        with seeded(0, i, "interpolate"):
            line = interpolate(model, both[:1], both[1:], options.steps)[0]
        pictures = to_bytes(torch.cat([both[:1], line, both[1:]]))
        start, end = (images.names[k] for k in pair)
        label = f"{start} to {end}: {options.steps} decoded steps between the two images"
        folder.add(f"line-{i:03d}.png", contact_sheet([(label, pictures)], scale=scale))
    folder.close(command="interpolate", subject=options.subject, source=images.source, steps=options.steps)
    terminal.say(
        f"{options.pairs} lines of {options.steps} steps, an original at either end: {folder.path}/line-000.png ..."
    )
