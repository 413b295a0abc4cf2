"""A comparison: subjects opened, measured on the same images, diagnosed if that was asked for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, final

from acutance import report
from acutance.cli._diagnosing import KEPT, How, found_out
from acutance.cli._exit import Stopped
from acutance.cli._folder import claimed
from acutance.cli._images import Apart, apart, either, fitted, held_out, measured_on, tried, unseen_pairs
from acutance.cli._options import Data, Out
from acutance.cli._terminal import Terminal
from acutance.data import PairSet, TrainingSet
from acutance.diagnose import Comparison, Diagnosis, Effort, Subject, compare
from acutance.errors import ConfigError
from acutance.models import Translates
from acutance.report import cause_words
from acutance.subjects import Opened, open_subject
from acutance.train import made_with

__all__ = ["Asked", "compared"]

_NAMED = 2


@final
@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a user asked for.

    Attributes:
        subjects: as typed.
        data: which images.
        out: where to.
        effort: none measures only; fast and full diagnose each subject, too.
        seed: of every draw.
        all_images: those trained on, too.
        command: as typed.
    """

    subjects: tuple[str, ...]
    data: Data
    out: Out
    effort: Literal["none"] | Effort
    seed: int
    all_images: bool
    command: str


def compared(asked: Asked, terminal: Terminal) -> None:
    """Compares, writes and tells.

    Raises:
        InputError: the folder is taken, or a subject or the images cannot be used.
        Stopped: Ctrl-C; the message says what is kept and which command goes on.
    """
    start = time.perf_counter()
    opened = [open_subject(text) for text in asked.subjects]
    folder = claimed(asked.out)
    images = fitted(asked.data, opened[0], terminal)
    for one in opened[1:]:
        tried(one, images, terminal)
    subjects = _named(opened)
    data = either(images) if any(isinstance(one.model, Translates) for one in opened) else images
    measured: TrainingSet
    diagnoses: list[Diagnosis] = []
    if isinstance(data, PairSet):
        _refuse_effort(asked)
        measured = data if asked.all_images else unseen_pairs(data, opened, terminal)
        comparison = _compared(asked, subjects, measured, terminal)
    else:
        sides = Apart(data, None) if asked.all_images else apart(data, opened, terminal)
        measured = sides.unseen
        comparison = _compared(asked, subjects, measured, terminal)
        diagnoses = _diagnoses(asked, opened, subjects, sides, folder, terminal)
    on = measured_on(measured, data, opened, asked.all_images)
    seconds = round(time.perf_counter() - start, 1)
    known = {"images": on, "held_out": held_out(opened, asked.all_images)}
    made = {"command": asked.command, **known, "seed": asked.seed, "seconds": seconds, **made_with()}
    report.write(replace(comparison, made=made), folder, diagnoses)
    _tell(comparison, diagnoses, terminal)
    terminal.say(f"\nmeasured on: {on}")
    terminal.say(f"the page: {folder}/report.html")


def _compared(asked: Asked, subjects: Sequence[Subject], measured: TrainingSet, terminal: Terminal) -> Comparison:
    what = "pairs" if isinstance(measured, PairSet) else "images"
    try:
        return compare(
            subjects,
            measured,
            seed=asked.seed,
            on_subject=lambda name: terminal.step(f"Measuring {name} on {len(measured):,} {what}"),
        )
    except KeyboardInterrupt as stop:
        raise Stopped(
            f"stopped; nothing of the measurement is kept; the same command starts it again:\n  {asked.command}"
        ) from stop


def _refuse_effort(asked: Asked) -> None:
    """Raises ConfigError where a diagnosis of translations is asked for."""
    if asked.effort != "none":
        raise ConfigError(
            f"--effort {asked.effort} asks where a code loses detail, and a model that translates has no code: leave "
            "it out, and what the outputs show and what their inputs justify is measured"
        )


def _named(opened: Sequence[Opened]) -> list[Subject]:
    """The subjects, by their folder's name where only one is called so."""
    names = [one.name for one in opened]
    return [
        Subject(
            name=one.name if names.count(one.name) == 1 else one.text,
            model=one.model,
            made=one.made,
            warnings=one.warnings,
        )
        for one in opened
    ]


def _diagnoses(
    asked: Asked, opened: Sequence[Opened], subjects: Sequence[Subject], sides: Apart, folder: Path, terminal: Terminal
) -> list[Diagnosis]:
    if asked.effort == "none":
        return []
    again = asked.command if asked.out.overwrite else f"{asked.command} --overwrite"
    how = How(effort=asked.effort, seed=asked.seed, kept=folder / KEPT, command=again)
    return [
        found_out(one, subject.name, sides.unseen, sides.seen, how, terminal)
        for one, subject in zip(opened, subjects, strict=True)
    ]


def _tell(comparison: Comparison, diagnoses: Sequence[Diagnosis], terminal: Terminal) -> None:
    terminal.markdown(report.summary_table(comparison))
    for found in diagnoses:
        if found.locations:
            lost = [one for one in found.locations if one.verdict == "present"][:_NAMED]
            told = ", ".join(f"{cause_words(one.location).title.lower()} {100 * one.share:.0f} %" for one in lost)
            terminal.say(
                f"{found.subject.name} lost its detail to: {told or 'nothing that is clear of a healthy model'}"
            )
        wrong = ", ".join(cause_words(one.cause).title.lower() for one in found.samples if one.verdict == "present")
        if wrong:
            terminal.say(f"{found.subject.name}, samples: {wrong}")
