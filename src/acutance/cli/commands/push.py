"""Share a model: its weights, and a model card with readings and the command that made it.

What is uploaded:
  README.md                        the card
  config.json, model.safetensors   the model

and where a run left them:
  run.json                         its settings, versions and kind of machine, the data as they were typed (a path,
                                   if it was one) and the names of files in them that could not be read
  options.json                     its preset, --size, --channels and --held-out
  training_digests.npy             a hash of every training image, by which nobody measures on them unasked
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from acutance.cli._options import Common, Data, Seed, Subject, Switch
from acutance.cli._parse import parse
from acutance.cli._terminal import at_work
from acutance.errors import ConfigError

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance push runs/vae --data builtin:icons --repo me/icons-vae",
    "acutance push runs/vae --data builtin:icons --out to-look-at-first",
    "acutance sample hub:me/icons-vae --n 64 --out samples",
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to share and where; --repo, --out, or both.

    Attributes:
        subject: the folder that `acutance train` wrote, or zoo:NAME.
        repo: OWNER/NAME of a repository of the Hugging Face hub; it is made where there is none.
        out: folder for what is, or would be, uploaded; new or empty.
        private: who may see the repository, if it is made now: only you.
        all_images: measure also on the images that the model was trained on.
        seed: of every draw.
    """

    subject: Subject
    images: tyro.conf.OmitArgPrefixes[Data]
    repo: Annotated[str | None, tyro.conf.arg(metavar="OWNER/NAME", help_behavior_hint="")] = None
    out: Annotated[Path | None, tyro.conf.arg(metavar="DIR", help_behavior_hint="")] = None
    private: Switch = False
    all_images: Switch = False
    seed: Seed = 0
    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Measures, writes the card and the model's files, and uploads them."""
    options = parse(Options, words, name="push", about=__doc__ or "", examples=EXAMPLES)
    if options.repo is None and options.out is None:
        raise ConfigError("give --repo OWNER/NAME to upload, or --out DIR to see first what that would be")
    with at_work(options.common) as terminal:
        from acutance.cli._sharing import Asked, share

        share(
            Asked(
                subject=options.subject,
                data=options.images,
                repo=options.repo,
                out=options.out,
                private=options.private,
                all_images=options.all_images,
                seed=options.seed,
            ),
            terminal,
        )
