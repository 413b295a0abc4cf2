"""Add an attribute to images, or take it away, in a model's code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from acutance.cli._options import Common, Data, Out, Subject
from acutance.cli._parse import parse
from acutance.cli._terminal import Terminal, at_work
from acutance.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

    from acutance.data import ImageSet
    from acutance.models import Encodes

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance edit runs/spatial_vae --data builtin:icons --attribute outline --out outlined",
    "acutance edit runs/vae --data faces/ --labels faces.csv --attribute smiling --strengths -1 0 1 2 --out edits",
)
_SIDE = 96


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to edit.

    Attributes:
        subject: the folder that `acutance train` wrote, or a model made elsewhere, as diffusers:FOLDER_OR_ID,
            pythae:FOLDER, torchscript:FILE, onnx:FILE or python:MODULE:ATTRIBUTE.
        attribute: a column of --labels; without them a word in the names of the images that have it.
        labels: a CSV file: a line of column names, then a line for each image, its name first; 1 or 0 in the columns.
        strengths: how much of the attribute to add, one picture each; negative takes away.
        pictures: how many images without the attribute are edited, spread evenly over the data.
    """

    subject: Subject
    images: tyro.conf.OmitArgPrefixes[Data]
    out: tyro.conf.OmitArgPrefixes[Out]
    attribute: Annotated[str, tyro.conf.arg(metavar="WORD")]
    labels: Annotated[Path | None, tyro.conf.arg(metavar="FILE", help_behavior_hint="")] = None
    strengths: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5)
    pictures: Annotated[int, tyro.conf.arg(metavar="N")] = 8
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Writes edit-000.png, edit-001.png, ...: an image, then its edits; and the attribute vector."""
    options = parse(Options, words, name="edit", about=__doc__ or "", examples=EXAMPLES)
    if options.pictures < 1:
        raise ConfigError(f"--pictures is how many images to edit, 1 or more; got {options.pictures}")
    if not options.strengths:
        raise ConfigError("--strengths is by how much to edit, one number at least; got none")
    with at_work(options.common) as terminal:
        _edit(options, terminal)


def _edit(options: Options, terminal: Terminal) -> None:
    import numpy as np

    from acutance.cli._folder import PictureFolder
    from acutance.cli._images import fitted
    from acutance.data import has_attribute
    from acutance.subjects import open_subject

    subject = open_subject(options.subject)
    model = subject.autoencoder("edit images")
    folder = PictureFolder(options.out)
    images = fitted(options.images, subject, terminal)
    have = has_attribute(images, options.attribute, options.labels)
    having, lacking = images.take(np.flatnonzero(have)), images.take(np.flatnonzero(~have))
    terminal.step(f"{len(having):,} images with {options.attribute!r}, {len(lacking):,} without")
    vector = _vector(model, having, lacking, terminal)
    shown = np.linspace(0, len(lacking) - 1, min(options.pictures, len(lacking))).round().astype(np.int64)
    for i, place in enumerate(shown):
        one = lacking.tensor([place]).to(subject.model.device)
        folder.add(f"edit-{i:03d}.png", _sheet(model, one, vector, lacking.names[place], options))
    folder.close(
        command="edit",
        subject=options.subject,
        source=images.source,
        attribute=options.attribute,
        strengths=list(options.strengths),
        images_with=len(having),
        images_without=len(lacking),
    )
    told = ", ".join(f"{strength:g}" for strength in options.strengths)
    terminal.say(f"{len(shown)} images with {told} times {options.attribute!r} added: {folder.path}/edit-000.png ...")


def _vector(model: Encodes, having: ImageSet, lacking: ImageSet, terminal: Terminal) -> Tensor:
    from acutance.cli._images import batches
    from acutance.models import attribute_vector
    from acutance.rng import seeded

    with seeded(0, "edit"):
        return attribute_vector(model, batches(having), batches(lacking))


def _sheet(model: Encodes, one: Tensor, vector: Tensor, name: str, options: Options) -> bytes:
    import torch

    from acutance.diagnose._assess import to_bytes
    from acutance.models import edit
    from acutance.report import contact_sheet
    from acutance.rng import seeded

    with seeded(0, name, "edit"):
        edits = [edit(model, one, vector, strength) for strength in options.strengths]
    told = ", ".join(f"{strength:g}" for strength in options.strengths)
    pictures = to_bytes(torch.cat([one, *edits]))
    scale = max(1, _SIDE // max(one.shape[2:]))
    return contact_sheet([(f"{name}, then with {told} x {options.attribute}", pictures)], scale=scale)
