"""A diagnosis: its folder, its images, the work with a bar, and what is told of it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np

from acutance import report
from acutance.cli._exit import Stopped
from acutance.cli._folder import write_json
from acutance.cli._images import Apart, apart, held_out, measured_on, sized, tried
from acutance.cli._options import Data, DataOrOriginals, Out
from acutance.cli._tables import location_table, samples_table
from acutance.cli._terminal import Terminal
from acutance.data import ImageSet
from acutance.diagnose import Diagnosis, Effort, diagnose
from acutance.errors import ConfigError, SubjectError
from acutance.models import Encodes, Generates, Reconstructs, Translates
from acutance.report import cause_words, sentence
from acutance.subjects import Opened, open_subject
from acutance.train import made_with

__all__ = ["KEPT", "Asked", "How", "diagnosed", "found_out", "tell"]

KEPT = "cache"
_ASKED = "asked.json"
_SCHEMA = "acutance.asked/1"
_FIT_SHARE = 0.5
_UNKNOWN = "what it was trained on is not known: these pictures may be among it"


@final
@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a user asked for.

    Attributes:
        subject: as typed.
        data: which images; the originals of pairs where it names none.
        out: where to.
        effort: fast or full.
        images: at most so many.
        seed: of every draw.
        all_images: those trained on, too.
        command: as typed.
    """

    subject: str
    data: DataOrOriginals
    out: Out
    effort: Effort
    images: int | None
    seed: int
    all_images: bool
    command: str


@final
@dataclass(frozen=True, kw_only=True)
class How:
    """How a subject is diagnosed.

    Attributes:
        effort: fast or full.
        seed: of every draw.
        kept: folder for what interventions find.
        command: what goes on with it after Ctrl-C.
    """

    effort: Effort
    seed: int
    kept: Path
    command: str


def diagnosed(asked: Asked, terminal: Terminal) -> None:
    """Diagnoses, writes and tells.

    Raises:
        InputError: the folder is taken, or the subject or the images cannot be used.
        Stopped: Ctrl-C; the same command goes on.
    """
    start = time.perf_counter()
    folder = _checked(asked)
    subject = open_subject(asked.subject)
    _refuse_translator(subject)
    images = sized(_data(asked, subject), subject, terminal)
    doubts = tried(subject, images, terminal)
    sides = Apart(images, None) if asked.all_images else apart(images, [subject], terminal)
    sides = _with_some_to_fit(sides, asked.effort, terminal)
    measured = _spread(sides.unseen, asked.images)
    _claim(asked, folder)
    how = How(effort=asked.effort, seed=asked.seed, kept=folder / KEPT, command=asked.command)
    found = found_out(subject, subject.name, measured, sides.seen, how, terminal)
    found = replace(found, warnings=(*doubts, *_unknown(subject, asked.all_images), *found.warnings))
    on = measured_on(measured, images, [subject], asked.all_images)
    seconds = round(time.perf_counter() - start, 1)
    known = {"images": on, "held_out": held_out([subject], asked.all_images)}
    made = {"command": asked.command, **known, "effort": asked.effort, "seed": asked.seed, "seconds": seconds}
    report.write_diagnosis(found, folder, made={**made, **made_with()})
    tell(found, terminal, told=doubts)
    terminal.say(f"\nmeasured on: {on}")
    terminal.say(f"the page: {folder}/report.html")


def _refuse_translator(subject: Opened) -> None:
    """Raises SubjectError for a model that translates and can do nothing else."""
    able = isinstance(subject.model, Encodes | Reconstructs | Generates)
    if isinstance(subject.model, Translates) and not able:
        raise SubjectError(
            f"{subject.text} translates images and has no code in which detail could be lost: measure what its outputs "
            f"show, and what their inputs justify, with 'acutance compare {subject.text} --data PAIRS --out DIR'"
        )


def found_out(
    subject: Opened, name: str, images: ImageSet, fit_images: ImageSet | None, how: How, terminal: Terminal
) -> Diagnosis:
    """The diagnosis of one subject, with a bar.

    Raises:
        Stopped: Ctrl-C; what was found so far is kept.
    """
    how.kept.mkdir(parents=True, exist_ok=True)
    terminal.step(f"Diagnosing {name} on {len(images):,} images")
    try:
        with terminal.work(f"Diagnosing {name}") as advance:
            found = diagnose(
                subject.model,
                images,
                name=name,
                fit_images=fit_images,
                effort=how.effort,
                seed=how.seed,
                cache=how.kept,
                progress=advance,
                warnings=subject.warnings,
            )
            return replace(found, subject=replace(found.subject, made=subject.made))
    except KeyboardInterrupt as stop:
        raise Stopped(f"stopped; what was found so far is kept in {how.kept}; go on with\n  {how.command}") from stop


def _spread(images: ImageSet, most: int | None) -> ImageSet:
    """At most so many of the images, spread evenly."""
    if most is None or len(images) <= most:
        return images
    return images.take(np.linspace(0, len(images) - 1, most).round().astype(np.int64))


def tell(found: Diagnosis, terminal: Terminal, told: Sequence[str] = ()) -> None:
    """The answer, then where it was lost, then what to change, then what changes the answer and was not told yet."""
    terminal.say(found.answer)
    if found.locations:
        terminal.table(location_table(found))
    if found.samples:
        terminal.table(samples_table(found))
    for number, fix in enumerate(found.prescriptions, start=1):
        terminal.say(f"{number}. {sentence(fix.change)} (against: {cause_words(fix.cause).title.lower()})")
    for warning in found.warnings:
        if warning not in (*told, _UNKNOWN):
            terminal.warn(warning)


def _data(asked: Asked, subject: Opened) -> Data:
    found = asked.data.data or str(subject.made["originals"])
    return Data(data=found, size=asked.data.size, channels=asked.data.channels)


def _unknown(subject: Opened, all_images: bool) -> tuple[str, ...]:
    return (_UNKNOWN,) if subject.trained_on is None and not all_images else ()


def _with_some_to_fit(sides: Apart, effort: Effort, terminal: Terminal) -> Apart:
    """Where nobody knows what the subject was trained on, full effort sets half of the images aside for its refits."""
    if effort == "fast" or sides.seen is not None:
        return sides
    fit, measured = sides.unseen.split(_FIT_SHARE)
    terminal.step(f"{len(fit):,} images are set aside for refits; {len(measured):,} are measured")
    return Apart(measured, fit)


def _checked(asked: Asked) -> Path:
    """The folder, if it is free or holds a diagnosis of the same subject on the same data.

    Raises:
        ConfigError: it is a file, or holds something else and was not given away.
    """
    folder = asked.out.out.expanduser()
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"--out {folder} is a file; name a folder")
    if asked.out.overwrite or not folder.exists() or not any(folder.iterdir()):
        return folder
    before = _asked_before(folder)
    if before is None:
        raise ConfigError(f"--out {folder} has files in it; choose another folder, or say --overwrite")
    if before != _identity(asked):
        raise ConfigError(
            f"--out {folder} holds a diagnosis of {before.get('subject')} on {before.get('data')}; choose another "
            "folder, or say --overwrite"
        )
    return folder


def _claim(asked: Asked, folder: Path) -> None:
    kept = folder / KEPT
    kept.mkdir(parents=True, exist_ok=True)
    write_json(kept / _ASKED, _identity(asked))


def _identity(asked: Asked) -> dict[str, str]:
    return {"schema": _SCHEMA, "subject": asked.subject, "data": asked.data.data or "its originals"}


def _asked_before(folder: Path) -> dict[str, str] | None:
    try:
        before = json.loads((folder / KEPT / _ASKED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return before if isinstance(before, dict) and before.get("schema") == _SCHEMA else None
