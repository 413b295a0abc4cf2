"""The Frechet distance against scipy's sqrtm, alternating in one process, one thread, in processor seconds."""

from __future__ import annotations

import datetime
import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy
import torch
from scipy.linalg import sqrtm

from acutance.measure._frechet import frechet

RESULTS = Path(__file__).with_name("results") / "bench_measure_frechet.json"


def by_sqrtm(a: np.ndarray, b: np.ndarray) -> float:
    apart = a.mean(0) - b.mean(0)
    ca, cb = np.cov(a.T), np.cov(b.T)
    return float(apart @ apart + np.trace(ca) + np.trace(cb) - 2 * np.trace(np.real(sqrtm(ca @ cb))))


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main(cases: list[tuple[int, int, int]]) -> None:
    torch.set_num_threads(1)
    rows = []
    for n, d, repeats in cases:
        rng = np.random.default_rng(0)
        a, b = rng.standard_normal((n, d)), 1.1 * rng.standard_normal((n, d)) + 0.1
        ours, theirs = [], []
        for _ in range(repeats):
            ours.append(seconds(lambda: frechet(torch.from_numpy(a), torch.from_numpy(b))))
            theirs.append(seconds(lambda: by_sqrtm(a, b)))
        rows.append(
            {
                "n": n,
                "d": d,
                "ours_with_interval_s": min(ours),
                "sqrtm_s": min(theirs),
                "times_faster": min(theirs) / min(ours),
                "ours": frechet(torch.from_numpy(a), torch.from_numpy(b)).value,
                "sqrtm": by_sqrtm(a, b) if d <= 1024 else None,
            }
        )
        print(rows[-1], flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    record = {
        "date": datetime.date.today().isoformat(),
        "machine": platform.processor() or platform.machine(),
        "threads": 1,
        "torch": torch.__version__,
        "scipy": scipy.__version__,
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    small = [(2000, 512, 3), (300, 512, 3), (300, 1024, 1)]
    main([*small, (4000, 2048, 1), (300, 2048, 1)] if "--full" in sys.argv else small)
