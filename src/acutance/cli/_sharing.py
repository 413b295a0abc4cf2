"""A model's folder as it is shared: weights, card, and what the run keeps of its training."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from acutance.cli._folder import claimed
from acutance.cli._images import fitted, unseen
from acutance.cli._made_by import training_command
from acutance.cli._options import Data, Out
from acutance.cli._terminal import Terminal
from acutance.data import ImageSet
from acutance.diagnose import assess
from acutance.diagnose._assess import data_record
from acutance.errors import ConfigError, SubjectError
from acutance.models import Model
from acutance.models._base import replace_file
from acutance.models._hub import Hub, check_name, upload
from acutance.models._store import HUB_FILES
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
    measured = images if asked.all_images else unseen(images, [subject], terminal)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) if target is None else target
        _fill(folder, asked, subject, measured, terminal)
        if target is not None:
            terminal.say(f"written: {target}/README.md, config.json, model.safetensors")
        if asked.repo is not None:
            upload(folder, asked.repo, private=asked.private, hub=hub)
            terminal.say(f"uploaded: acutance sample or reconstruct hub:{asked.repo}, from_pretrained({asked.repo!r})")


def _fill(folder: Path, asked: Asked, subject: Opened, images: ImageSet, terminal: Terminal) -> None:
    model, kept = subject.model, _kept(asked.subject)
    assert isinstance(model, Model)
    terminal.step(f"Measuring {subject.name} on {len(images):,} images")
    name = subject.name if asked.repo is None else asked.repo.partition("/")[2]
    found = assess(model, images, name=name, seed=asked.seed, made=subject.made, warnings=subject.warnings)
    model.save_pretrained(folder)
    for file in HUB_FILES[2:]:
        if (kept / file).is_file():
            shutil.copyfile(kept / file, folder / file)
    card = model_card(found, data_record(images), _provenance(asked, kept))
    replace_file(folder / "README.md", lambda temporary: temporary.write_text(card, encoding="utf-8"))


def _provenance(asked: Asked, kept: Path) -> Provenance:
    place = asked.repo or str(asked.out)
    python = f'from acutance.models import from_pretrained\n\nmodel = from_pretrained("{place}")'
    made = Provenance(subject=f"hub:{asked.repo}" if asked.repo else place, python=python)
    trained_on = ("Measured on all images, those trained on too.",) if asked.all_images else ()
    return replace(made, command=training_command(kept), notes=trained_on)


def _kept(subject: str) -> Path:
    """The folder that the run left."""
    kind, colon, name = subject.partition(":")
    if kind == "hub" and colon:
        raise ConfigError(f"{subject} is on the hub already; give the folder of a run, or zoo:NAME")
    return zoo.FOLDER / name if kind == "zoo" and colon else Path(subject).expanduser()
