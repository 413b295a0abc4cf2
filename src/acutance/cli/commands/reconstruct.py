"""Encode images and decode them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import tyro

from acutance.cli._options import PIXELS, Common, Data, Out, Seed, Subject, Switch
from acutance.cli._parse import parse
from acutance.cli._terminal import Terminal, at_work
from acutance.errors import SubjectError

if TYPE_CHECKING:
    from torch import Tensor

    from acutance.models import Encodes, Reconstructs

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance reconstruct runs/vae --data photos/ --out reconstructions",
    "acutance reconstruct runs/vae --data builtin:icons --held-out-only --latent sample --out drawn",
    "acutance reconstruct runs/vae --data photos/ --pixels likelihood --out noisy",
    "acutance measure --pairs photos/ reconstructions --size 32",
)
_DECODED = {"mean": "the mean of each code", "sample": "a random draw of each code"}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to reconstruct.

    Attributes:
        subject: the folder that `acutance train` wrote, or a model made elsewhere, as diffusers:FOLDER_OR_ID,
            pythae:FOLDER, torchscript:FILE, onnx:FILE or python:MODULE:ATTRIBUTE.
        latent: what is decoded, the mean of the code or a draw of it.
        pixels: what is made of it, what the decoder shows (of a Gaussian its mean, without decoder noise) or a draw of
            the likelihood that it states, decoder noise and all.
        seed: of the draws.
        held_out_only: leave out the images that the model was trained on.
    """

    subject: Subject
    images: tyro.conf.OmitArgPrefixes[Data]
    out: tyro.conf.OmitArgPrefixes[Out]
    latent: Literal["mean", "sample"] = "mean"
    pixels: Literal["decoded", "likelihood"] = "decoded"
    seed: Seed = 0
    held_out_only: Switch = False
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Writes a PNG under the name of every input."""
    options = parse(Options, words, name="reconstruct", about=__doc__ or "", examples=EXAMPLES)
    with at_work(options.common) as terminal:
        _reconstruct(options, terminal)


def _reconstruct(options: Options, terminal: Terminal) -> None:
    from acutance.cli._folder import PictureFolder, output_names
    from acutance.cli._images import batches, fitted, shape_text, unseen
    from acutance.diagnose._assess import to_bytes
    from acutance.models import Encodes
    from acutance.report.pictures import png
    from acutance.subjects import open_subject

    subject = open_subject(options.subject)
    model = subject.reconstructor()
    folder = PictureFolder(options.out)
    images = fitted(options.images, subject, terminal)
    if options.held_out_only:
        images = unseen(images, [subject], terminal)
    names = iter(output_names(images.names))
    done = 0
    with terminal.progress("Reconstructing") as advance:
        for index, batch in enumerate(batches(images)):
            for picture in to_bytes(_decoded(model, batch.to(subject.model.device), options, index)):
                folder.add(next(names), png(picture))
            done += len(batch)
            advance(done, len(images))
    made = {"subject": options.subject, "source": images.source, "latent": options.latent, "pixels": options.pixels}
    folder.close(command="reconstruct", **made, seed=options.seed, images=len(images))
    terminal.say(f"{len(images):,} images, {shape_text(images.shape)}, in {folder.path}")
    if isinstance(model, Encodes):
        terminal.say(f"decoded: {_DECODED[options.latent]} (--latent {options.latent})")
        terminal.say(f"shown: {PIXELS[options.pixels]} (--pixels {options.pixels})")


def _decoded(model: Encodes | Reconstructs, batch: Tensor, options: Options, index: int) -> Tensor:
    import torch

    from acutance.models import Encodes, reconstruct
    from acutance.rng import rng_for, seeded

    with torch.no_grad(), seeded(options.seed, index, "reconstruct"):
        if not isinstance(model, Encodes):
            if options.pixels != "decoded":
                raise SubjectError(f"{options.subject} shows no code, so it states no likelihood: leave out --pixels")
            return model.reconstruct(batch)
        generator = rng_for(options.seed, index, "reconstruct", device=batch.device)
        return reconstruct(model, batch, latent=options.latent, pixels=options.pixels, generator=generator)
