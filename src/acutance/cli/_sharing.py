"""A model's folder as it is shared: weights, card, and what the run keeps of its training."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import final

from acutance.cli._folder import claimed
from acutance.cli._images import either, fitted, held_out, unseen, unseen_pairs
from acutance.cli._made_by import training_command
from acutance.cli._options import Data, Out
from acutance.cli._terminal import Terminal
from acutance.data import PairSet, TrainingSet
from acutance.diagnose import assess
from acutance.diagnose._assess import data_record
from acutance.errors import ConfigError, SubjectError
from acutance.models import Model, Translates
from acutance.models._hub import Hub, check_name, upload
from acutance.models._store import HUB_FILES
from acutance.models._whole_file import replace_file
from acutance.report import Provenance, model_card
from acutance.subjects import Opened, open_subject, zoo

__all__ = ["Asked", "share"]


@final
@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a user asked for.

    Attributes:
        subject: as typed.
        data: what to measure it on.
        repo: OWNER/NAME; None uploads nothing.
        out: where to leave what is uploaded; None leaves nothing.
        private: who may see a repository that is made now.
        all_images: those trained on, too.
        seed: of every draw.
    """

    subject: str
    data: Data
    repo: str | None
    out: Path | None
    private: bool
    all_images: bool
    seed: int


def share(asked: Asked, terminal: Terminal, *, hub: Hub | None = None) -> None:
    """Measures, writes the folder, uploads it.

    Args:
        asked: what and where to.
        terminal: told of it.
        hub: the client; huggingface_hub's own by default.

    Raises:
        InputError: the subject, the images, the folder or the name cannot be used, or the hub refuses.
    """
    if asked.repo is not None:
        check_name(asked.repo)
    subject = open_subject(asked.subject)
    if not isinstance(subject.model, Model):
        raise SubjectError(
            f"{asked.subject} was made elsewhere; share it from there, or give a model of acutance's own"
        )
    target = None if asked.out is None else claimed(Out(out=asked.out))
    images = fitted(asked.data, subject, terminal)
    measured = _measured(asked, either(images) if isinstance(subject.model, Translates) else images, subject, terminal)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) if target is None else target
        _fill(folder, asked, subject, measured, terminal)
        files = ", ".join(sorted(file.name for file in folder.iterdir()))
        if target is not None:
            terminal.say(f"written to {target}: {files}")
        if asked.repo is not None:
            upload(folder, asked.repo, private=asked.private, hub=hub)
            terminal.say(f"uploaded to {asked.repo}: {files}")
            terminal.say(f"to be had as hub:{asked.repo} on the command line, and by from_pretrained({asked.repo!r})")


def _measured(asked: Asked, data: TrainingSet, subject: Opened, terminal: Terminal) -> TrainingSet:
    """What was not trained on, or all of it where that was asked for."""
    if asked.all_images:
        return data
    return unseen_pairs(data, [subject], terminal) if isinstance(data, PairSet) else unseen(data, [subject], terminal)


def _fill(folder: Path, asked: Asked, subject: Opened, images: TrainingSet, terminal: Terminal) -> None:
    model, kept = subject.model, _kept(asked.subject)
    assert isinstance(model, Model)
    what = "pairs" if isinstance(images, PairSet) else "images"
    terminal.step(f"Measuring {subject.name} on {len(images):,} {what}")
    name = subject.name if asked.repo is None else asked.repo.partition("/")[2]
    found = assess(model, images, name=name, seed=asked.seed, made=subject.made, warnings=subject.warnings)
    model.save_pretrained(folder)
    for file in HUB_FILES[2:]:
        if (kept / file).is_file():
            shutil.copyfile(kept / file, folder / file)
    card = model_card(found, data_record(images), _provenance(asked, kept, subject))
    replace_file(folder / "README.md", lambda temporary: temporary.write_text(card, encoding="utf-8"))


def _provenance(asked: Asked, kept: Path, subject: Opened) -> Provenance:
    place = asked.repo or str(asked.out)
    python = f'from acutance.models import from_pretrained\n\nmodel = from_pretrained("{place}")'
    return Provenance(
        subject=f"hub:{asked.repo}" if asked.repo else place,
        python=python,
        command=training_command(kept),
        held_out=held_out([subject], asked.all_images),
    )


def _kept(subject: str) -> Path:
    """The folder that the run left."""
    kind, colon, name = subject.partition(":")
    if kind == "hub" and colon:
        raise ConfigError(f"{subject} is on the hub already; give the folder of a run, or zoo:NAME")
    return zoo.FOLDER / name if kind == "zoo" and colon else Path(subject).expanduser()
