"""List the small models that come with the package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import tyro

from acutance.cli._options import Common
from acutance.cli._parse import parse
from acutance.cli._terminal import Terminal, at_work

__all__ = ["Options", "run"]

EXAMPLES = (
    "acutance zoo",
    "acutance sample zoo:icons-gan --n 64 --out samples",
    "acutance compare zoo:icons-vae zoo:icons-adversarial zoo:icons-gan --data builtin:icons --out report",
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to list them."""

    common: tyro.conf.OmitArgPrefixes[Common] = field(default_factory=Common)


def run(words: Sequence[str]) -> None:
    """Shows each model's name, family, images and size, and where its card is."""
    options = parse(Options, words, name="zoo", about=__doc__ or "", examples=EXAMPLES)
    with at_work(options.common) as terminal:
        _list(terminal)


def _list(terminal: Terminal) -> None:
    from rich.table import Table

    from acutance.cli._images import shape_text
    from acutance.subjects import open_subject, zoo

    table = Table("subject", "family", "numbers", "images", "does")
    for name in zoo.names():
        model = open_subject(f"zoo:{name}").model
        assert model.shape is not None
        numbers = f"{model.count_parameters():,}"
        table.add_row(f"zoo:{name}", model.family, numbers, shape_text(model.shape), _does(model))
    terminal.table(table)
    terminal.say(f"how each was made and how it reads: {zoo.FOLDER}/NAME/README.md")


def _does(model: object) -> str:
    from acutance.models import Encodes, Generates

    return ", ".join(
        [
            *(["reconstruct"] if isinstance(model, Encodes) else []),
            *(["sample"] if isinstance(model, Generates) else []),
        ]
    )
