"""Trains every family on the same icons with the same decoder, on several seeds, and writes docs/families.md.

All cells of one seed come before the next seed; what is finished stays in `runs/families` (or the folder that
ACUTANCE_FAMILIES names) and is not done again, and a training that was stopped goes on. With `--anew` what is trained
is measured again, by the code as it is now. What was expected stands in families_suite/expected.py, written before the
first run.

    python benchmarks/families.py [--seeds N] [--images N] [--only NAME ...] [--table] [--anew]
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from families_suite.cells import SHAPE, cells
from families_suite.page import page
from families_suite.result import FILE, Result, result_of

from acutance.data import open_source

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "families.json"
PAGE = ROOT / "docs" / "families.md"
RUNS = Path(os.environ.get("ACUTANCE_FAMILIES", ROOT / "runs" / "families"))


def run_all(asked: argparse.Namespace) -> list[Result]:
    """Every cell with every seed, seed by seed, saying what was found."""
    sets = open_source("builtin:icons", size=SHAPE[1], channels=SHAPE[0]).split()
    found = []
    for seed in range(asked.seeds):
        for cell in cells():
            if asked.only and not cell.name.startswith(tuple(asked.only)):
                continue
            if asked.anew:
                (RUNS / cell.folder(seed) / FILE).unlink(missing_ok=True)
            start = time.perf_counter()
            found.append(result_of(cell, seed, asked.images, sets, RUNS))
            print(f"seed {seed} {told(found[-1])}; {time.perf_counter() - start:.0f} s", flush=True)
    return found


def told(result: Result) -> str:
    """A result in a line."""
    names = ("coherence_top_octave", "detail_ratio_top_octave", "samples_detail_ratio_top_octave", "coverage")
    shown = (result.value(name) for name in names)
    return f"{result.cell:26} " + " / ".join("-" if value is None else f"{value:.3f}" for value in shown)


def kept(seeds: int, images: int) -> list[Result]:
    """What was found before, in the table's order; nothing is trained."""
    sets = open_source("builtin:icons", size=SHAPE[1], channels=SHAPE[0]).split()
    wanted = [(seed, cell) for seed in range(seeds) for cell in cells()]
    return [
        result_of(cell, seed, images, sets, RUNS)
        for seed, cell in wanted
        if (RUNS / cell.folder(seed) / FILE).is_file()
    ]


def write(results: Sequence[Result]) -> None:
    """The dated JSON, and the page of it."""
    today, machine = datetime.date.today().isoformat(), f"{platform.machine()}, {torch.get_num_threads()} thread"
    document = {
        "date": today,
        "machine": machine,
        "torch": torch.__version__,
        "results": [asdict(result) for result in results],
    }
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")
    PAGE.write_text(page(results, today))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=28_000, help="that each system sees in training")
    parser.add_argument("--only", nargs="*", default=[], help="names of systems, or how they begin; nothing is written")
    parser.add_argument("--anew", action="store_true", help="measure again what is trained")
    parser.add_argument("--table", action="store_true", help="train nothing: write the page of what is there")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    results = kept(asked.seeds, asked.images) if asked.table else run_all(asked)
    if not asked.only:
        write(results)


if __name__ == "__main__":
    main()
