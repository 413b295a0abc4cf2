"""Make of every image one of another kind, by a model that learnt it from pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import tyro

from acutance.cli._options import Common, Data, Out, Seed, Subject, Switch
from acutance.cli._parse import parse
from acutance.cli._terminal import Terminal, at_work
from acutance.errors import ConfigError

if TYPE_CHECKING:
    from acutance.data import TrainingSet
    from acutance.report.pictures import Pixels

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance translate runs/pix2pix --data builtin:icon-pairs --held-out-only --out filled",
    "acutance translate runs/pix2pix --data outlines/ --draws 4 --out filled",
    "acutance translate runs/facades --data ab:facades/val --out translations",
)
_SHOWN = 16


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to translate.

    Attributes:
        subject: the folder that `acutance train` wrote, or a model made elsewhere, as torchscript:FILE, onnx:FILE or
            python:MODULE:ATTRIBUTE.
        draws: how many outputs for each image; more than one lie in folders of their own, draw-0, draw-1, ...
        seed: of the draws: the same seed, the same bytes; more --draws only add folders.
        held_out_only: leave out the images that the model was trained on.
    """

    subject: Subject
    images: tyro.conf.OmitArgPrefixes[Data]
    out: tyro.conf.OmitArgPrefixes[Out]
    draws: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    seed: Seed = 0
    held_out_only: Switch = False
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Writes a PNG under the name of every input, and grid.svg: inputs, outputs and, where they are known, targets."""
    options = parse(Options, words, name="translate", about=__doc__ or "", examples=EXAMPLES)
    if options.draws < 1:
        raise ConfigError(f"--draws is how many outputs for each image, 1 or more; got {options.draws}")
    with at_work(options.common) as terminal:
        _translate(options, terminal)


def _translate(options: Options, terminal: Terminal) -> None:
    from acutance.cli._folder import PictureFolder, output_names
    from acutance.cli._images import batches, either, fitted, shape_text, unseen, unseen_pairs
    from acutance.data import PairSet
    from acutance.diagnose._assess import to_bytes
    from acutance.models import translations
    from acutance.report.pictures import png
    from acutance.subjects import open_subject

    subject = open_subject(options.subject)
    model = subject.translator()
    folder = PictureFolder(options.out)
    data = either(fitted(options.images, subject, terminal))
    if options.held_out_only:
        known = [subject]
        data = unseen_pairs(data, known, terminal) if isinstance(data, PairSet) else unseen(data, known, terminal)
    images = data.input if isinstance(data, PairSet) else data
    names = output_names(images.names)
    shown: list[list[Pixels]] = [[] for _ in range(options.draws)]
    done = 0
    with terminal.progress("Translating") as advance:
        for outputs in translations(model, batches(images), n=options.draws, seed=options.seed):
            for draw, batch in enumerate(outputs):
                pictures = to_bytes(batch)
                for name, picture in zip(names[done:], pictures, strict=False):
                    folder.add(name if options.draws == 1 else f"draw-{draw}/{name}", png(picture))
                shown[draw].extend(pictures[: max(0, _SHOWN - done)])
            done += outputs.shape[1]
            advance(done, len(images))
    folder.add("grid.svg", _sheet(data, shown))
    made = {"subject": options.subject, "source": images.source, "seed": options.seed, "draws": options.draws}
    folder.close(command="translate", **made, images=len(images))
    several = "" if options.draws == 1 else f", {options.draws} outputs for each, draw-0 ..."
    terminal.say(f"{len(images):,} images, {shape_text(images.shape)}, in {folder.path}{several}")
    targets = ", targets" if isinstance(data, PairSet) else ""
    terminal.say(f"inputs, outputs{targets} together: {folder.path}/grid.svg")


def _sheet(data: TrainingSet, shown: Sequence[Sequence[Pixels]]) -> bytes:
    """A row of inputs, one for each draw, and one of targets where they are known."""
    import numpy as np

    from acutance.cli._grid import grid
    from acutance.data import PairSet
    from acutance.diagnose._assess import to_bytes

    few = np.arange(len(shown[0]))
    sides = [data.input, data.target] if isinstance(data, PairSet) else [data]
    known = [list(to_bytes(side.tensor(few))) for side in sides]
    rows = [known[0], *shown, *known[1:]]
    return grid([picture for row in rows for picture in row], columns=len(few))
