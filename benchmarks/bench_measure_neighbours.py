"""Precision, recall, density and coverage against prdc, alternating in one process, one thread; and peak memory alone.

prdc is needed: `pip install prdc scikit-learn` into an environment of its own (see golden_measure.py).
"""

from __future__ import annotations

import datetime
import json
import platform
import resource
import sys
import time
from pathlib import Path

import numpy as np
import torch

from acutance.measure.neighbours import neighbour_shares

RESULTS = Path(__file__).with_name("results") / "bench_measure_neighbours.json"
D = 512


def data(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, D)), 0.98 * rng.standard_normal((n, D))


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(real: np.ndarray, fake: np.ndarray) -> float:
    start = time.process_time()
    neighbour_shares(torch.from_numpy(real).float(), torch.from_numpy(fake).float(), (5,))
    return time.process_time() - start


def theirs(real: np.ndarray, fake: np.ndarray) -> float:
    from prdc import compute_prdc

    start = time.process_time()
    compute_prdc(real, fake, nearest_k=5)
    return time.process_time() - start


def main(n: int, alone: int, repeats: int = 2) -> None:
    torch.set_num_threads(1)
    before = peak_mb()
    large = {"n": alone, "seconds": ours(*data(alone)), "peak_mb_above_start": peak_mb() - before}
    print(large, flush=True)
    real, fake = data(n)
    times = [(ours(real, fake), theirs(real, fake)) for _ in range(repeats)]
    best = [min(column) for column in zip(*times, strict=True)]
    both = {"n": n, "ours_s": best[0], "prdc_s": best[1], "times_faster": best[1] / best[0]}
    print(both, flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    record = {
        "date": datetime.date.today().isoformat(),
        "machine": platform.processor() or platform.machine(),
        "threads": 1,
        "torch": torch.__version__,
        "features": D,
        "with_prdc": both,
        "alone": large,
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main(*(map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (4000, 8000)))
