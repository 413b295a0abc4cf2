"""Seconds of each kind of cell of a finished `acutance claims --out FOLDER`, for the estimate of `--dry-run`.

    python benchmarks/claim_costs.py FOLDER

Writes src/acutance/claims/_costs.json: medians over seeds, and the seconds of a step of a small training at the same
time on the same machine, to which other machines are compared.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

from acutance.claims import Scene, asked_claims, plan_for, store_in
from acutance.claims._cost import probe_seconds, records_of

FILE = Path(__file__).resolve().parents[1] / "src" / "acutance" / "claims" / "_costs.json"
SEEDS, PROBES = 10, 9


def main(folder: str) -> None:
    plan = plan_for(asked_claims([]), Scene(seeds=tuple(range(SEEDS))))
    seconds = records_of(plan.cells.values(), store_in(Path(folder)))
    probes = [probe_seconds.__wrapped__() for _ in range(PROBES)]
    document = {
        "probe_seconds": round(statistics.median(probes), 5),
        "cells": {title: round(value, 2) for title, value in sorted(seconds.items())},
    }
    FILE.write_text(json.dumps(document, indent=1) + "\n")
    missing = {cell.title for cell in plan.cells.values()} - seconds.keys()
    print(f"{len(seconds)} kinds timed, probe {document['probe_seconds']} s; never timed: {sorted(missing)}")


if __name__ == "__main__":
    main(sys.argv[1])
