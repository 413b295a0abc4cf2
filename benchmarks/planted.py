"""Diagnoses subjects with one planted fault, and healthy ones: what was planted against what was found (O8).

Models are trained where they are missing, and kept in `runs/planted` (or the folder that ACUTANCE_PLANTED names), as
is what was found: a stopped run goes on. When all subjects were run, writes benchmarks/results/planted_*.json and
docs/planted.md.

    python benchmarks/planted.py [--only NAME ...] [--effort fast|full] [--held-back] [--check] [--encoder-alone]
    python benchmarks/planted.py --responses
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import logging
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from planted_suite.check import check, encoder_alone
from planted_suite.held_back import HELD_BACK
from planted_suite.outcome import Outcome, outcome_of
from planted_suite.page import page, summary
from planted_suite.plants import HEALTHY, PLANTS, Plant
from planted_suite.responses import Found, response_table, responses

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "planted.json"
RESPONSES = RESULTS.with_name("responses.json")
PAGE = ROOT / "docs" / "planted.md"


def check_all(plants: Sequence[Plant]) -> None:
    """Says of each plant whether its fault is its largest loss."""
    for plant in plants:
        found = check(plant)
        word = "healthy" if plant.location == HEALTHY else "as planted" if found.is_planted else "WRONG PLANT"
        line = f"e = {found.explained:.3f}, without the fault {found.without:.3f}: {word}"
        print(f"{plant.name:24} {plant.location:14} {line}", flush=True)


def run_all(plants: Sequence[Plant], effort: str) -> list[Outcome]:
    """Diagnoses each, saying what was found."""
    outcomes = []
    for plant in plants:
        found = outcome_of(plant, "full" if effort == "full" else "fast")
        shares = ", ".join(f"{location} {share:.2f}" for location, share in found.shares.items())
        print(f"{'  ' if found.right else 'NO'} {found.name:24} {found.planted:14} {shares}", end="")
        print(f"; present: {', '.join(found.present) or 'nothing'}; {found.seconds:.0f} s", flush=True)
        outcomes.append(found)
    return outcomes


def record(outcomes: Sequence[Outcome], effort: str) -> dict[str, Any]:
    """What is written down."""
    return _dated() | {"effort": effort, "subjects": [dataclasses.asdict(outcome) for outcome in outcomes]}


def _dated() -> dict[str, Any]:
    return {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=[], help="names of subjects, or how they begin")
    parser.add_argument("--effort", choices=("fast", "full"), default="fast")
    parser.add_argument("--check", action="store_true", help="measure the plants directly, and diagnose nothing")
    parser.add_argument("--held-back", action="store_true", help="the subjects that nothing was tuned on")
    parser.add_argument("--encoder-alone", action="store_true", help="train the encoders on, with decoders as they are")
    parser.add_argument("--responses", action="store_true", help="four decoders of one code")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("planted_suite").setLevel(logging.INFO)
    torch.set_num_threads(1)
    if asked.responses:
        found = responses()
        told = json.dumps(_dated() | {"decoders": [dataclasses.asdict(one) for one in found]}, indent=2)
        RESPONSES.write_text(f"{told}\n")
        print(response_table(found))
        write_page(asked.effort)
        return
    every = HELD_BACK if asked.held_back else PLANTS
    plants = [plant for plant in every if not asked.only or plant.name.startswith(tuple(asked.only))]
    if asked.check:
        check_all(plants)
        return
    if asked.encoder_alone:
        for plant in plants:
            print(f"{plant.name:24} e = {check(plant).explained:.3f}, encoder trained on {encoder_alone(plant):.3f}")
        return
    outcomes = run_all(plants, asked.effort)
    print(summary(outcomes))
    if not asked.only:
        kept = _kept(asked.effort, held_back=asked.held_back)
        kept.write_text(json.dumps(record(outcomes, asked.effort), indent=2) + "\n")
        write_page(asked.effort)


def write_page(effort: str) -> None:
    """docs/planted.md, from what is kept of all runs."""
    suite, held_back = (_read(_kept(effort, held_back=back)) for back in (False, True))
    decoders = json.loads(RESPONSES.read_text())["decoders"] if RESPONSES.exists() else []
    table = response_table([Found(**one | {"expected": tuple(one["expected"])}) for one in decoders])
    PAGE.write_text(page(suite, held_back, table, f"python benchmarks/planted.py --effort {effort}"))


def _kept(effort: str, *, held_back: bool) -> Path:
    return RESULTS.with_stem(f"planted_held_back_{effort}" if held_back else f"planted_{effort}")


def _read(file: Path) -> list[Outcome]:
    """What was found before; nothing where it was not run."""
    found = json.loads(file.read_text())["subjects"] if file.exists() else []
    return [Outcome(**one | {"warnings": tuple(one["warnings"])}) for one in found]


if __name__ == "__main__":
    main()
