"""A model card: what a model is, how it was made, how it reads, as Markdown with a head that model hubs understand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from acutance.diagnose._record import DataRecord, SubjectRecord
from acutance.measure import Band
from acutance.report._numbers import interval_text, number_text, time_text
from acutance.report._select import paired, prior, scale_text, with_interval
from acutance.report._words import GROUPS, rank, term

__all__ = ["Provenance", "model_card"]

_BANDS = (("coherence q", "coherence"), ("detail ratio y", "detail_ratio"), ("averaging slope", "averaging_slope"))


@final
@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a model is to be had, and how it was made.

    Attributes:
        subject: what a user types for it on the command line.
        python: the lines that load it in Python.
        command: that made it; empty where nobody knows.
        notes: sentences on what else was done to it.
        held_out: whether it was trained on none of what it was measured on; None where nobody knows.
    """

    subject: str
    python: str
    command: str = ""
    notes: tuple[str, ...] = ()
    held_out: bool | None = True


def model_card(subject: SubjectRecord, data: DataRecord, made: Provenance) -> str:
    """The text of README.md.

    Args:
        subject: the model, measured.
        data: what on.
        made: where it is to be had and how it was made.

    Returns:
        Text that ends with a line break; the same for the same input.
    """
    colour = "grey" if data.channels == 1 else "colour"
    numbers = "" if subject.parameters is None else f", {subject.parameters:,} numbers"
    parts = [
        _head(subject),
        f"# {subject.name}",
        f"A model of the family `{subject.family}`{numbers}, for images of {data.width} x {data.height} px, {colour}.",
        _use(subject, made),
        _making(subject, made),
        f"## Readings\n\nOn {_measured_on(subject, data, made)}, with 95 % intervals over images.",
        _octaves(subject),
        _readings(subject),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _measured_on(subject: SubjectRecord, data: DataRecord, made: Provenance) -> str:
    """How many images of which data, and whether the model was trained on them."""
    what = "pairs" if _translates(subject) else "images"
    if made.held_out:
        return f"{data.images:,} held-out {what} of `{data.source}`"
    known = "perhaps trained on" if made.held_out is None else "those trained on too"
    return f"{data.images:,} {what} of `{data.source}`, {known}"


def _translates(subject: SubjectRecord) -> bool:
    return subject.given == "input"


def _head(subject: SubjectRecord) -> str:
    tags = ["acutance", subject.family, *(["autoencoder"] if paired(subject) and not _translates(subject) else [])]
    pipeline = "unconditional-image-generation" if prior(subject) else "image-to-image" if _translates(subject) else ""
    kind = [f"pipeline_tag: {pipeline}"] if pipeline else []
    return "\n".join(["---", "library_name: acutance", "tags:", *(f"- {tag}" for tag in tags), *kind, "---"])


def _use(subject: SubjectRecord, made: Provenance) -> str:
    lines = [f"acutance sample {made.subject} --n 64 --out samples"] if prior(subject) else []
    if _translates(subject):
        lines.append(f"acutance translate {made.subject} --data inputs/ --out translations")
    elif paired(subject):
        lines.append(f"acutance reconstruct {made.subject} --data photos/ --out reconstructions")
    shell = "\n".join(lines)
    return f"## Use\n\n```\n{shell}\n```\n\n```python\n{made.python}\n```"


def _making(subject: SubjectRecord, made: Provenance) -> str:
    lines = []
    if made.command:
        lines.append(f"```\n{made.command}\n```")
    told = _told(subject)
    if told:
        lines.append(told)
    lines += [f"Warning of the training: {warning}" for warning in subject.warnings]
    lines += made.notes
    return "## How it was made\n\n" + "\n\n".join(lines) if lines else ""


def _told(subject: SubjectRecord) -> str:
    """Data, length, time and versions, as far as the run's record has them."""
    made, told = subject.made, []
    if "data" in made and "recipe" in made:
        seen, different = made["recipe"]["images"], made["data"]["images"]
        told.append(f"{seen:,} images seen, of {different:,} of `{made['data']['source']}`, seed {made.get('seed')}")
    if "seconds" in made:
        told.append(f"{time_text(made['seconds'])} of training in {made.get('precision', 'float32')}")
    versions = made.get("made_with", {})
    told += [f"{name} {versions[name]}" for name in ("acutance", "torch", "python", "machine") if name in versions]
    return f"{'; '.join(told)}." if told else ""


def _octaves(subject: SubjectRecord) -> str:
    """A line an octave of the outputs, and one an octave of the samples."""
    blocks = []
    if paired(subject):
        what = "Outputs against their targets" if _translates(subject) else "Reconstructions from a draw of the code"
        blocks.append(f"{what}:\n\n" + _bands(paired(subject), _BANDS))
    if prior(subject):
        blocks.append("Samples:\n\n" + _bands(prior(subject), _BANDS[1:2]))
    return "\n\n".join(blocks)


def _bands(bands: tuple[Band, ...], columns: tuple[tuple[str, str], ...]) -> str:
    rows = [_row(scale_text(band), *(with_interval(band, name) for _, name in columns)) for band in bands]
    return "\n".join([_row("details of", *(title for title, _ in columns)), _rule(1 + len(columns)), *rows])


def _readings(subject: SubjectRecord) -> str:
    """Every reading that has words of its own, in the order of the report."""
    known = [reading for reading in subject.readings if term(reading.name).group != GROUPS[-1]]
    rows = [
        _row(
            f"`{reading.name}`",
            number_text(reading.value),
            interval_text(reading.low, reading.high),
            reading.unit,
            str(reading.version),
        )
        for reading in sorted(known, key=lambda reading: rank(reading.name))
    ]
    return "\n".join([_row("reading", "value", "interval", "unit", "version"), _rule(5), *rows])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return "|" + "---|" * columns
