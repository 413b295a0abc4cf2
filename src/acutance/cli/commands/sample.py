"""Draw images from a model's prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from acutance.cli._options import PIXELS, Common, Out, Seed, Subject
from acutance.cli._parse import parse
from acutance.cli._terminal import Terminal, at_work
from acutance.errors import ConfigError

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance sample runs/gan --n 64 --out samples",
    "acutance sample zoo:icons-gan --n 64 --out icons",
    "acutance sample runs/vae --n 1000 --seed 1 --out samples-1",
    "acutance sample runs/vae --pixels likelihood --out noisy",
    "acutance sample runs/ae --prior mixture --n 64 --out samples",
    "acutance sample diffusers:FOLDER --prior second_stage --data photos/ --prior-file prior.safetensors --out samples",
    "acutance measure --real builtin:icons --fake samples",
)
_SHOWN = 64
_COLUMNS = 8


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to draw.

    Attributes:
        subject: the folder that `acutance train` wrote, zoo:NAME, or a model made elsewhere, as diffusers:FOLDER_OR_ID,
            pythae:FOLDER, torchscript:FILE, onnx:FILE or python:MODULE:ATTRIBUTE.
        n: how many images.
        seed: of the draws: the same seed, the same bytes; a larger --n only adds images.
        pixels: what is made of a draw of the code, what the decoder shows (of a Gaussian its mean, without decoder
            noise) or a draw of the likelihood that it states, decoder noise and all.
        prior: what codes are drawn from, the model's own prior, or one fitted to the codes of images: a mixture of
            Gaussians, or a second VAE. Fitted ones are kept in the run's folder.
        data: images whose codes a prior is fitted to; by default those that the run was trained on. Given again, the
            prior is fitted again.
        prior_file: where a fitted prior is kept, and looked for first; needed to keep that of a model made elsewhere.
        components: Gaussians of a mixture; 10 by default.
    """

    subject: Subject
    out: tyro.conf.OmitArgPrefixes[Out]
    n: Annotated[int, tyro.conf.arg(metavar="N")] = 64
    seed: Seed = 0
    pixels: Literal["decoded", "likelihood"] = "decoded"
    prior: Literal["own", "mixture", "second_stage"] = "own"
    data: Annotated[str | None, tyro.conf.arg(metavar="SOURCE", help_behavior_hint="")] = None
    prior_file: Annotated[Path | None, tyro.conf.arg(metavar="FILE", help_behavior_hint="")] = None
    components: Annotated[int | None, tyro.conf.arg(metavar="N", help_behavior_hint="")] = None
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Draws, and writes 000000.png, 000001.png, ... and grid.svg."""
    options = parse(Options, words, name="sample", about=__doc__ or "", examples=EXAMPLES)
    if options.n < 1:
        raise ConfigError(f"--n is how many images to draw, 1 or more; got {options.n}")
    given = [name for name in ("data", "prior_file", "components") if getattr(options, name) is not None]
    if options.prior == "own" and given:
        named = " and ".join("--" + name.replace("_", "-") for name in given)
        raise ConfigError(f"{named} means a fitted prior: add --prior mixture or --prior second_stage")
    with at_work(options.common) as terminal:
        _sample(options, terminal)


def _sample(options: Options, terminal: Terminal) -> None:
    from acutance.cli._folder import PictureFolder
    from acutance.cli._grid import grid
    from acutance.cli._prior import Source, with_prior
    from acutance.diagnose._assess import to_bytes
    from acutance.models import Encodes, FromLikelihood, draws
    from acutance.report.pictures import Pixels, png
    from acutance.subjects import open_subject

    subject = open_subject(options.subject)
    if options.prior == "own":
        model = subject.generator()
    else:
        model = with_prior(
            subject,
            options.prior,
            Source(data=options.data, file=options.prior_file, components=options.components),
            terminal,
        )
    drawn = FromLikelihood(model) if options.pixels == "likelihood" else model
    folder = PictureFolder(options.out)
    shown: list[Pixels] = []
    done = 0
    with terminal.progress("Drawing") as advance:
        for batch in draws(drawn, options.n, seed=options.seed):
            pictures = to_bytes(batch)
            for i, picture in enumerate(pictures, done):
                folder.add(f"{i:06d}.png", png(picture))
            shown.extend(pictures[: max(0, _SHOWN - done)])
            done += len(pictures)
            advance(done, options.n)
    folder.add("grid.svg", grid(shown, columns=_COLUMNS))
    made = {"subject": options.subject, "prior": options.prior, "pixels": options.pixels}
    folder.close(command="sample", **made, seed=options.seed, images=options.n)
    terminal.say(f"{options.n:,} images of seed {options.seed}: {folder.path}/000000.png ...")
    if isinstance(model, Encodes):
        terminal.say(f"shown: {PIXELS[options.pixels]} (--pixels {options.pixels})")
    terminal.say(f"the first {len(shown)} together: {folder.path}/grid.svg")
