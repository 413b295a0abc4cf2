"""report.html: one file with everything inside, that opens without a network."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from acutance.diagnose._diagnosis import Diagnosis
from acutance.diagnose._record import Comparison, SubjectRecord
from acutance.measure._bands import Band
from acutance.report import _select
from acutance.report._causes import sentence, verdict_shown, verdict_words
from acutance.report._diagnosed import diagnosed
from acutance.report._gallery import Gallery, Strip, gallery
from acutance.report._numbers import (
    css_percent,
    decibel_text,
    is_number,
    jsonable,
    number_text,
    percent_text,
    time_text,
)
from acutance.report._table import table
from acutance.report.figures._marks import css, key
from acutance.report.figures.detail_bar import Detail, detail_bar, detail_of, real_bar
from acutance.report.figures.detail_map import NARROW, WIDE, detail_map
from acutance.report.figures.plane import plane, unplaced
from acutance.report.figures.spectrum import floor_dots, spectrum

__all__ = ["environment", "render_html"]

_KINDS = (("sample", "sampled latent"), ("mean", "mean latent"), ("prior", "samples"))
_QUANTITIES = (
    ("detail_ratio", "Detail ratio", "How much detail there is, right or not."),
    ("coherence", "Coherence", "How much of the real detail it follows."),
    ("gain", "Gain", "The contrast that is left, as of a lens."),
)


@dataclass(frozen=True, kw_only=True)
class _Card:
    """A subject on the first screen."""

    index: int
    subject: SubjectRecord
    strip: Strip | None
    pictures: tuple[str, ...]
    detail: Detail | None
    bar: Markup


def render_html(
    comparison: Comparison, diagnoses: Sequence[Diagnosis] = (), *, numbers_file: str = "comparison.json"
) -> str:
    """The whole page as text; the same comparison and diagnoses give the same bytes.

    Args:
        comparison: one or more subjects.
        diagnoses: of some of its subjects, by their names.
        numbers_file: the file beside the page that holds the same numbers.
    """
    pictures = gallery(comparison)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            comparison=comparison,
            diagnosed=diagnosed(comparison, diagnoses),
            numbers_file=numbers_file,
            pictures=pictures,
            hero_side=_hero_side(len(comparison.subjects), beside=len(diagnoses) == 1),
            cards=[_card(pictures, i, subject) for i, subject in enumerate(comparison.subjects)],
            real_bar=real_bar(),
            maps=[(layout.name, detail_map(comparison, layout)) for layout in (WIDE, NARROW)],
            spectra=[(title, note, spectrum(comparison, name, title)) for name, title, note in _QUANTITIES],
            plane=plane(comparison),
            unplaced=unplaced(comparison),
            groups=table(comparison),
            bands=[
                (s.name, _made_from(s, words), s.bands.get(kind, ()))
                for s in comparison.subjects
                for kind, words in _KINDS
            ],
            cautions=[*_cautions(comparison), *((d.subject.name, words) for d in diagnoses for words in d.warnings)],
            has_floor=bool(floor_dots(comparison)),
        )
    )


def _made_from(subject: SubjectRecord, words: str) -> str:
    return "output" if subject.given == "input" else words


def _hero_side(subjects: int, *, beside: bool) -> int:
    """How large a picture of the first screen may be, so that all fit; `beside` a diagnosis there is less room."""
    if beside:
        return 128 if subjects == 1 else 96 if subjects == 2 else 64
    return 128 if subjects <= 3 else 96 if subjects == 4 else 64


def _card(pictures: Gallery, index: int, subject: SubjectRecord) -> _Card:
    strip, detail = pictures.best(index), detail_of(subject)
    shown = tuple(strip.pictures[k] for k in pictures.heroes if k < len(strip.pictures)) if strip else ()
    bar = detail_bar(index, subject.name, detail) if detail else Markup()
    return _Card(index=index, subject=subject, strip=strip, pictures=shown, detail=detail, bar=bar)


def _cautions(comparison: Comparison) -> Iterator[tuple[str, str]]:
    for subject in comparison.subjects:
        yield from ((subject.name, words) for words in subject.warnings)
    skipped = comparison.data.skipped
    if skipped:
        named = ", ".join(skipped[:5]) + (f" and {len(skipped) - 5} more" if len(skipped) > 5 else "")
        yield comparison.data.source, f"{len(skipped)} files could not be read and were left out: {named}"


def _settings(made: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """A nested mapping as rows of dotted key and text."""
    for name, entry in made.items():
        if isinstance(entry, dict) and entry:
            yield from _settings(entry, f"{prefix}{name}.")
        else:
            plain = jsonable(entry)
            yield f"{prefix}{name}", ", ".join(map(str, plain)) if isinstance(plain, list) else str(plain)


def _seconds(made: dict[str, Any]) -> str:
    return time_text(made["seconds"]) if is_number(made.get("seconds")) else ""


def _band_number(band: Band, name: str) -> str:
    return _select.with_interval(band, name)


@functools.cache
def environment() -> jinja2.Environment:
    """The templates, and the words that they know."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("acutance.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": number_text,
        "percent": percent_text,
        "pictures": _select.pictures_text,
        "decibel": decibel_text,
        "settings": lambda made: list(_settings(made)),
        "seconds": _seconds,
        "scale": _select.scale_text,
        "verdict": verdict_words,
        "verdict_shown": verdict_shown,
        "sentence": sentence,
        "css_percent": css_percent,
        "lower_first": lambda words: words[:1].lower() + words[1:],
    }
    environment.globals |= {"key": key, "css": css, "band_number": _band_number, "asset": _asset}
    return environment


@functools.cache
def _asset(name: str) -> Markup:
    """One of the page's own style sheets or scripts, to be set into the page as it is."""
    words = (resources.files("acutance.report") / "templates" / name).read_text("utf-8")
    assert "</s" not in words, "an asset must not end its own element"
    return Markup(words)
