"""Write a model (encoder, decoder, generator, translator) as ONNX or TorchScript, to run without acutance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from acutance.cli._options import Common, Out, Subject
from acutance.cli._parse import parse
from acutance.cli._terminal import Terminal, at_work
from acutance.errors import SubjectError

if TYPE_CHECKING:
    from acutance.models import Model

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance export runs/vae --format onnx --out vae-onnx",
    "acutance export zoo:icons-gan --format torchscript --out gan-torchscript",
    "acutance compare runs/vae onnx:vae-onnx --data builtin:icons --out same",
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to export.

    Attributes:
        subject: the folder that `acutance train` wrote, zoo:NAME or hub:OWNER/NAME.
        format: onnx (encoder.onnx, decoder.onnx, generator.onnx, translator.onnx) or torchscript (autoencoder.pt,
            generator.pt, translator.pt).
    """

    subject: Subject
    format: Annotated[Literal["onnx", "torchscript"], tyro.conf.arg()]
    out: tyro.conf.OmitArgPrefixes[Out]
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Writes one file a part; images go in and out as float32 in [0, 1]."""
    options = parse(Options, words, name="export", about=__doc__ or "", examples=EXAMPLES)
    with at_work(options.common) as terminal:
        _export(options, terminal)


def _export(options: Options, terminal: Terminal) -> None:
    from acutance.cli._folder import claimed
    from acutance.models import Model, export_onnx, export_torchscript
    from acutance.subjects import open_subject

    model = open_subject(options.subject).model
    if not isinstance(model, Model):
        raise SubjectError(f"{options.subject} was made elsewhere; export it there, or give a model of acutance's own")
    export = {"onnx": export_onnx, "torchscript": export_torchscript}[options.format]
    written = export(model, claimed(options.out))
    terminal.say(f"{', '.join(file.name for file in written)} in {written[0].parent}; opened again as")
    shape = ",".join(map(str, model.shape))
    for subject in _subjects(options.format, written):
        terminal.say(f"  {subject}?range=0,1" + ("" if "generator" in subject else f"&shape={shape}"))
    if (drawing := _drawing(model)) is not None:
        terminal.say(f"the noise of its {drawing} is drawn once and frozen in the graph, the same for every image")


def _drawing(model: Model) -> str | None:
    """The part that draws noise of its own; None where there is none."""
    import torch

    from acutance.models._base import Autoencoder, Translator
    from acutance.nn.decoder import DrawingDecoder
    from acutance.rng import rng_for

    if isinstance(model, Translator):
        device = model.device
        images = torch.rand(1, *model.shape, generator=rng_for(0, "export")).to(device)
        with torch.no_grad():
            one, other = (model.translate(images, rng_for(seed, "export", device=device)) for seed in (0, 1))
        return None if torch.equal(one, other) else "translator"
    return "decoder" if isinstance(model, Autoencoder) and isinstance(model.decoder, DrawingDecoder) else None


def _subjects(kind: str, written: Sequence[Path]) -> list[str]:
    """What a user types for each model in the files: an encoder and its decoder are one."""
    named = {file.stem: file for file in written}
    found = [f"{kind}:{named['autoencoder']}"] if "autoencoder" in named else []
    found += [f"{kind}:{named['encoder'].parent}"] if "encoder" in named else []
    return found + [f"{kind}:{named[name]}" for name in ("generator", "translator") if name in named]
