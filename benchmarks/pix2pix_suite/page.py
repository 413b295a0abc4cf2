"""docs/pix2pix.md: the results as tables in the paper's form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from acutance.stats import mean_interval
from pix2pix_suite.runs import FIELDS, LOSSES

Row = dict[str, Any]
AGAINST_L1 = ("L1+cGAN", "cGAN")
COLUMNS = {
    "pixel_accuracy": "Per-pixel acc.",
    "class_accuracy": "Per-class acc.",
    "class_iou": "Class IoU",
    "detail_ratio": "Detail ratio y",
    "coherence": "Coherence q",
    "noise_use": "Noise use rho",
    "mean_absolute_error": "Mean abs. error",
}
BETTER = {"pixel_accuracy": 1, "class_accuracy": 1, "class_iou": 1, "detail_ratio": 1, "mean_absolute_error": -1}


def table(rows: Sequence[Row], first: str, names: Sequence[str], extra: dict[str, Row]) -> str:
    """A row a loss: the mean over seeds, and below it half of its 95 % interval."""
    lines = ["| " + " | ".join([first, "Seeds", *COLUMNS.values()]) + " |", "|---" * (len(COLUMNS) + 2) + "|"]
    for name in names:
        mine = [row for row in rows if row["loss"] == name]
        if mine:
            cells = (_cell([row[key] for row in mine]) for key in COLUMNS)
            lines.append("| " + " | ".join([name, str(len(mine)), *cells]) + " |")
    for name, row in extra.items():
        cells = (f"{row[key]:.3f}" if key in row else "" for key in COLUMNS)
        lines.append("| " + " | ".join([f"*{name}*", "", *cells]) + " |")
    return "\n".join(lines)


def _cell(values: Sequence[float]) -> str:
    mean, low, high = mean_interval(np.array(values))
    return f"{mean:.3f}" if math.isnan(low) else f"{mean:.3f} +- {(high - low) / 2:.3f}"


def difference(rows: Sequence[Row], key: str, loss: str) -> tuple[float, float, float]:
    """A loss minus L1, seed by seed: the mean and its 95 % interval."""
    by = {(row["loss"], row["seed"]): row[key] for row in rows}
    seeds = sorted(seed for name, seed in by if name == "L1" and (loss, seed) in by)
    return mean_interval(np.array([by[loss, seed] - by["L1", seed] for seed in seeds]))


def verdicts(rows: Sequence[Row]) -> str:
    """For each score whether L1+cGAN, and cGAN, or L1 is ahead."""
    head = [f"{loss} minus L1 | ahead" for loss in AGAINST_L1]
    lines = [f"| | {' | '.join(head)} |", "|---" * (2 * len(head) + 1) + "|"]
    for key, sign in BETTER.items():
        cells = [_verdict(*difference(rows, key, loss), sign, loss) for loss in AGAINST_L1]
        lines.append(f"| {COLUMNS[key]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _verdict(mean: float, low: float, high: float, sign: int, loss: str) -> str:
    ahead = loss if sign * mean > 0 else "L1"
    if math.isnan(low):
        return f"{mean:+.3f} | one seed: {ahead}"
    return f"{mean:+.3f} ({low:+.3f} ... {high:+.3f}) | {ahead if low > 0 or high < 0 else 'undecided'}"


def tables(record: dict[str, Any]) -> dict[str, str]:
    """Every table of the page by its name."""
    rows, real = record["runs"], record["real"]
    one = {way: [row for row in rows if row["direction"] == way and row["table"] == 1] for way in real}
    two = [row for row in rows if row["table"] == 2]
    found = {way: table(mine, "Loss", list(LOSSES), real[way]) for way, mine in one.items()}
    for way, mine in one.items():
        if {"L1", *AGAINST_L1} <= {row["loss"] for row in mine}:
            found[f"{way}_verdicts"] = verdicts(mine)
    if two:
        same = [row | {"loss": "70"} for row in one["fill"] if row["loss"] == "L1+cGAN"]
        found["fields"] = table([*two, *same], "Field", [str(field) for field in FIELDS], {})
    return found
