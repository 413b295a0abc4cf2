"""A diagnosis as two waterfalls: explained detail from location to location, decibels of detail from stage to stage."""

from __future__ import annotations

import math

from markupsafe import Markup

from acutance.diagnose._diagnosis import BudgetStep, Diagnosis, Location
from acutance.report._causes import cause_words, stage_words, verdict_shown
from acutance.report._numbers import decibel_text, interval_text, number_text, percent_text
from acutance.report.figures.waterfall import WIDE, Layout, Step, waterfall

__all__ = ["budget", "losses"]

_LEAST_DB = 1.0


def losses(diagnosis: Diagnosis, name: str, layout: Layout = WIDE) -> Markup:
    """Draw how the real pictures' detail becomes what the output explains; nothing where that was not measured.

    Args:
        diagnosis: with locations.
        name: unique on a page.
        layout: wide, or narrow for a phone.

    Returns:
        An SVG element, or nothing.
    """
    if not diagnosis.locations or diagnosis.explained is None:
        return Markup()
    return waterfall(
        name,
        "Where the detail was lost",
        "of the real detail",
        _lost(diagnosis),
        layout,
        ends=(min(0.0, diagnosis.explained.low), 1.0),
        tick=percent_text,
    )


def budget(diagnosis: Diagnosis, name: str, layout: Layout = WIDE) -> Markup:
    """Draw the decibels of detail, right or not, from stage to stage; nothing where that was not measured.

    Args:
        diagnosis: with a budget.
        name: unique on a page.
        layout: wide, or narrow for a phone.

    Returns:
        An SVG element, or nothing.
    """
    steps = diagnosis.budget_db
    if not steps:
        return Markup()
    known = [v for step in steps for v in (step.db, step.low, step.high) if math.isfinite(v)]
    low, high = min([-_LEAST_DB, *known]), max([0.0, *known])
    margin = 0.04 * (high - low)
    return waterfall(
        name,
        "Decibels of detail from stage to stage",
        "dB of detail, right or not",
        [_stage(step) for step in steps],
        layout,
        ends=(low - margin, high + (margin if high > 0 else 0.0)),
        tick=decibel_text,
    )


def _lost(diagnosis: Diagnosis) -> list[Step]:
    assert diagnosis.explained is not None
    steps = [Step("Real pictures", 0.0, 1.0, math.nan, math.nan, percent_text(1.0), "whole", "Real pictures\n100 %")]
    level = 1.0
    for location in diagnosis.locations:
        steps.append(_location(location, level))
        level -= location.explained.value
    if diagnosis.price is not None:
        price, title = diagnosis.price, "Price of inventing"
        end = level - price.value
        words = f"{title}\nexplained detail given up for looking crisp: {percent_text(price.value)}"
        shown = percent_text(-price.value)
        steps.append(Step(title, level, end, level - price.high, level - price.low, shown, "price", words))
    found = diagnosis.explained
    words = f"{diagnosis.subject.name}\nexplains {percent_text(found.value)} ({interval_text(found.low, found.high)})"
    kept = Step("What it gets right", 0.0, found.value, found.low, found.high, percent_text(found.value), "kept", words)
    return [*steps, kept]


def _location(found: Location, level: float) -> Step:
    title, lost = cause_words(found.location).title, found.explained
    words = (
        f"{title}: {verdict_shown(found.verdict)}\n{percent_text(found.share)} of what is lost "
        f"({interval_text(found.low, found.high)})\n{percent_text(lost.value)} of the real detail"
    )
    look = f"lost {found.verdict}"
    shown = percent_text(-lost.value)
    return Step(title, level, level - lost.value, level - lost.high, level - lost.low, shown, look, words)


def _stage(step: BudgetStep) -> Step:
    title = stage_words(step.stage)
    start = step.db - step.step_db
    words = f"{title}\n{number_text(step.db)} dB ({interval_text(step.low, step.high)})"
    words += f"\nstep {number_text(step.step_db)} dB"
    if step.stage == "data":
        return Step(title, 0.0, step.db, math.nan, math.nan, decibel_text(step.db), "whole", words)
    look = "lost present" if step.step_db < 0 else "gained"
    return Step(title, start, step.db, step.low, step.high, decibel_text(step.db), look, words)
