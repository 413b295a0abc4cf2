"""The page about the source's explanations, from claims.json alone."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from acutance.claims import Axis, Chart, Dot, Guide, Series
from acutance.report._numbers import MISSING, interval_text, number_text
from acutance.report._page import environment
from acutance.report.figures._marks import key
from acutance.report.figures.chart import chart

__all__ = ["TITLE", "render_claims"]

TITLE = "Why are VAE outputs blurred while GAN outputs are crisp?"
_MAP_FROM = ("S12", "S8", "S3", "S7")
_DATA = {"real": ""}
_LISTED = ("id", "claim", "verdict")
_ROLES = {"claim": "", "exact": "exact prediction", "beside": "beside"}

# What a part of a claim, once it is decided, adds to the answer; each sentence stands only where the run decided so.
_ANSWERS = (
    ("S7", "l2_slope", "holds", "A decoder trained by squared error answers what its code leaves open with the "
     "average, and the average is the blur."),
    ("S1", "rate", "holds", "How much is left open is a matter of the code's rate: more information, less blur."),
    ("S1", "dimension", "fails", "More numbers at the same rate do not help."),
    ("S8", "crisp", "holds", "An adversarial loss makes the same frozen code crisper."),
    ("S8", "right", "fails", "The detail that it adds is invented: less of it is right."),
    ("S8", "price_middling", "holds", "Its price is a squared error between 1 and 2 times the least one."),
    ("S2", "reconstructs", "fails", "A GAN is crisp with few numbers because nobody asks it to reconstruct: held-out "
     "images are not among what it draws."),
    ("S5", "deterministic", "fails", "Noise is not the cause: without any, squared error blurs as well."),
    ("S6", "unblurs", "fails", "Independent pixels cost likelihood, but lifting that does not un-blur what is shown."),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A statement and what was found of it, in words."""

    part: dict[str, Any]
    value: str
    interval: str
    expected: str
    role: str


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """A claim on the page."""

    claim: dict[str, Any]
    rows: list[_Row]
    picture: Markup
    legend: list[tuple[Markup, str]]
    guides: list[str]
    strips: list[tuple[str, str]]
    headline: str
    otherwise: bool


def render_claims(document: dict[str, Any]) -> str:
    """The whole page as text; the same claims.json gives the same bytes.

    Args:
        document: what claims.json holds.
    """
    shown = [_shown(claim) for claim in document["claims"]]
    mapped = _map(document)
    return (
        environment()
        .get_template("claims.html.j2")
        .render(
            title=TITLE,
            document=document,
            shown=shown,
            contents=_contents(document),
            answer=_answer(document),
            tally=_tally(document),
            map=chart(mapped, "detail") if mapped else None,
            map_legend=[(key(i), series.name) for i, series in enumerate(mapped.series)] if mapped else [],
            counted=_counted(len(document["claims"]) + len(document["not_run"])),
        )
    )


def _shown(claim: dict[str, Any]) -> _Shown:
    drawn = Chart.of(claim["chart"])
    return _Shown(
        claim=claim,
        rows=[_row(part) for part in claim["parts"]],
        picture=chart(drawn, f"{claim['id'].lower()}-chart"),
        legend=[(key(index), series.name) for index, series in enumerate(drawn.series)],
        guides=[guide.words for guide in drawn.guides if guide.words],
        strips=[(name, f"data:image/png;base64,{_checked(png)}") for name, png in claim["pictures"].items()],
        headline=_with_interval(claim["effect"], claim["low"], claim["high"], claim["unit"]),
        otherwise="undecided" not in (claim["verdict"], claim["expected"]) and claim["verdict"] != claim["expected"],
    )


def _contents(document: dict[str, Any]) -> list[dict[str, str]]:
    """All claims in their order, with where they stand on the page."""
    run = [{"at": claim["id"], **{name: claim[name] for name in _LISTED}} for claim in document["claims"]]
    rest = [{"at": "not-run", "verdict": "not run", **one} for one in document["not_run"]]
    return sorted([*run, *rest], key=lambda one: (len(one["id"]), one["id"]))


def _row(part: dict[str, Any]) -> _Row:
    return _Row(
        part=part,
        value=number_text(part["value"]),
        interval=_interval(part["low"], part["high"]),
        expected={"holds": "to hold", "fails": "not to hold", "open": "open"}[part["expected"]],
        role=", ".join(words for words in (_ROLES[part["role"]], _DATA.get(part["data"], part["data"])) if words),
    )


def _interval(low: float | None, high: float | None) -> str:
    return interval_text(math.nan if low is None else low, math.nan if high is None else high) or MISSING


def _with_interval(value: float | None, low: float | None, high: float | None, unit: str) -> str:
    around = _interval(low, high)
    return f"{number_text(value)} {unit}" + (f" (95 %: {around})" if around != MISSING else "")


def _checked(png: str) -> str:
    """Base64 as it was written; anything else would be no picture."""
    return base64.b64encode(base64.b64decode(png, validate=True)).decode()


def _tally(document: dict[str, Any]) -> str:
    verdicts = [claim["verdict"] for claim in document["claims"]]
    words = {"supported": "supported", "partly": "right in part", "refuted": "refuted", "undecided": "undecided"}
    counts = [f"{verdicts.count(kind)} {said}" for kind, said in words.items() if kind in verdicts]
    if document["not_run"]:
        counts.append(f"{len(document['not_run'])} not run")
    return ", ".join(counts)


def _answer(document: dict[str, Any]) -> str:
    """What the decided parts say together; nothing that this run did not decide."""
    found = {(claim["id"], part["name"]): part["outcome"] for claim in document["claims"] for part in claim["parts"]}
    said = [words for name, part, outcome, words in _ANSWERS if found.get((name, part)) == outcome]
    return " ".join(said) or "This run decides none of the parts that the answer is made of."


def _map(document: dict[str, Any]) -> Chart | None:
    """The detail map of the first of these claims that brings one: coherence against detail ratio, octave by octave."""
    claims = {claim["id"]: claim for claim in document["claims"]}
    detail = next((claims[name]["detail"] for name in _MAP_FROM if name in claims and claims[name]["detail"]), None)
    if detail is None:
        return None
    top = max(1.2, *(y for bands in detail.values() for _, y in bands))
    return Chart(
        title="The detail map: detail that is right against detail that is there",
        x=Axis(title="coherence (faithful detail)", low=0.0, high=1.0),
        y=Axis(title="detail ratio (apparent detail)", low=0.0, high=min(2.0, math.ceil(top * 5) / 5)),
        series=tuple(
            Series(name=name, dots=tuple(Dot(x=q, y=y) for q, y in bands), drawn="both")
            for name, bands in detail.items()
        ),
        guides=(
            Guide(words="", start=(0.0, 0.0), end=(1.0, 1.0)),
            Guide(words="as much detail as real images", start=(0.0, 1.0), end=(0.62, 1.0)),
        ),
    )


def _counted(number: int) -> str:
    words = {12: "twelve", 11: "eleven", 10: "ten"}
    return words.get(number, str(number))
