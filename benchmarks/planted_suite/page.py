"""The page with the confusion matrix: a pure function of what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from planted_suite.outcome import NOTHING, Outcome
from planted_suite.plants import HEALTHY

LOCATIONS = ("data", "bottleneck", "rate", "encoder", "encoder_noise", "quantization", "decoder")
_WHERE = {  # how wide a column is told
    "encoder_noise": "noise",
    "quantization": "codes",
}


_NOTES = """Since pictures below 64 px that reach their border have a window (decision 0015), six plants on photographs
and edges lost less than a plant must: without it, the jump between opposite borders had stood for most of their detail.
They were made stronger, or one of them was replaced, by direct measurement alone, before they were diagnosed again.
The one right that is not present is `encoder-edges`: at 16 px a window leaves little to decide by."""


def matrix(outcomes: Sequence[Outcome]) -> str:
    """Planted (rows) against found (columns), as a Markdown table; a plant's largest share, a healthy one's verdict."""
    columns = (*LOCATIONS, NOTHING)
    counts = Counter((outcome.planted, outcome.named) for outcome in outcomes)
    lines = [_row("planted \\ found", *(_WHERE.get(column, column) for column in columns)), _rule(len(columns) + 1)]
    for planted in (*LOCATIONS, HEALTHY):
        cells = [counts[planted, column] for column in columns]
        lines.append(_row(planted, *(str(cell) if cell else "" for cell in cells)))
    return "\n".join(lines)


def table(outcomes: Sequence[Outcome]) -> str:
    """Every subject in a line: what was planted, what was found, by how much."""
    lines = [
        _row("subject", "images", "e", "e without", "planted", "largest share", "interval", "present", "right"),
        _rule(9),
    ]
    for outcome in outcomes:
        lines.append(
            _row(
                outcome.name,
                outcome.data,
                f"{outcome.explained:.3f}",
                f"{outcome.without:.3f}",
                outcome.planted,
                f"{outcome.found} {outcome.shares[outcome.found]:.2f}",
                f"{outcome.low:.2f} to {outcome.high:.2f}",
                ", ".join(outcome.present) or NOTHING,
                "yes" if outcome.right else "**no**",
            )
        )
    return "\n".join(lines)


def summary(outcomes: Sequence[Outcome]) -> str:
    """How many of either kind were found right."""
    plants = [outcome for outcome in outcomes if outcome.planted != HEALTHY]
    well = [outcome for outcome in outcomes if outcome.planted == HEALTHY]
    said = sum(outcome.planted in outcome.present for outcome in plants)
    return (
        f"Largest share right in {sum(o.right for o in plants)} of {len(plants)} plants, "
        f"verdict `present` in {said}; nothing present in {sum(o.right for o in well)} of {len(well)} healthy subjects."
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return "|" + "---|" * columns


def page(outcomes: Sequence[Outcome], held_back: Sequence[Outcome], responses: str, made: str) -> str:
    """docs/planted.md.

    Args:
        outcomes: of the suite.
        held_back: of the subjects that nothing was tuned on.
        responses: a table of response indices.
        made: the command.
    """
    return f"""# Planted locations

Small subjects that lose their detail in one place alone, and healthy ones, diagnosed (theory.md, O8). `{made}`
makes this page, and with date and machine the file `benchmarks/results/planted_*.json`; each subject is a recipe in
`benchmarks/planted_suite/plants.py`.

Before a diagnosis is looked at, each plant is checked by direct measurement: `e` is the explained detail of the subject
as used, `e without` that of the same subject without the fault (its own base, or a twin trained with one setting
changed). More than half of the plant's loss must be gone without the fault, and at least .1 of explained detail; a
plant that fails this is mended by this alone (`--check`).

{summary(outcomes)}

## What was planted against what was found

Rows: planted. Columns: the location with the largest share; for healthy subjects, the first location that is said to
be present.

{matrix(outcomes)}

{_NOTES}

## Held back

Other seeds, data and strengths (`benchmarks/planted_suite/held_back.py`), diagnosed after every threshold was set, by
`{made} --held-back`. The second set was written down before any of its members was
diagnosed; two bases, and strengths with them, were changed before that, because the direct measurement said that the
base lost too much, or that the fault was not the largest loss.

{summary(held_back)}

{matrix(held_back)}

Both together: {summary([*outcomes, *held_back])}

## Responses on one frozen code

Four decoders of one code, each trained by another loss: what each does about detail that the code leaves open.
`python benchmarks/planted.py --responses`; what is expected was written down before the first run.

{responses}

No two intervals may touch. What became of expectations that do not hold is in [the log](log.md).

## Every subject

{table(outcomes)}

### Held back

{table(held_back)}
"""
