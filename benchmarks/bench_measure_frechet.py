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

from acutance.measure._frechet import frechet, trace_of_root

RESULTS = Path(__file__).with_name("results") / "bench_measure_frechet.json"


def by_sqrtm(a: np.ndarray, b: np.ndarray) -> float:
    apart = a.mean(0) - b.mean(0)
    ca, cb = np.cov(a.T), np.cov(b.T)
    return float(apart @ apart + np.trace(ca) + np.trace(cb) - 2 * np.trace(np.real(sqrtm(ca @ cb))))


def step_by_sqrtm(ca: np.ndarray, cb: np.ndarray) -> float:
    return float(np.trace(np.real(sqrtm(ca @ cb))))


def step(a: np.ndarray, b: np.ndarray, ca: np.ndarray, cb: np.ndarray) -> float:
    """From covariances by Cholesky factors; from the centred data itself where there are fewer images than features."""
    if len(a) > a.shape[1]:
        return trace_of_root(*(torch.linalg.cholesky(torch.from_numpy(c)) for c in (ca, cb)))
    rows = [torch.from_numpy(x - x.mean(0)).T / (len(x) - 1) ** 0.5 for x in (a, b)]
    return trace_of_root(*rows)


def seconds(work: Callable[..., object], *inputs: object) -> float:
    start = time.process_time()
    work(*inputs)
    return time.process_time() - start


def main(cases: list[tuple[int, int, int]]) -> None:
    torch.set_num_threads(1)
    rows = []
    for n, d, repeats in cases:
        rng = np.random.default_rng(0)
        a, b = rng.standard_normal((n, d)), 1.1 * rng.standard_normal((n, d)) + 0.1
        ours, steps, theirs, theirs_steps = [], [], [], []
        ca, cb = np.cov(a.T), np.cov(b.T)
        for _ in range(repeats):
            ours.append(seconds(frechet, torch.from_numpy(a), torch.from_numpy(b)))
            theirs.append(seconds(by_sqrtm, a, b))
            steps.append(seconds(step, a, b, ca, cb))
            theirs_steps.append(seconds(step_by_sqrtm, ca, cb))
        rows.append(
            {
                "n": n,
                "d": d,
                "ours_with_interval_s": min(ours),
                "sqrtm_s": min(theirs),
                "times_faster": min(theirs) / min(ours),
                "our_matrix_step_s": min(steps),
                "their_matrix_step_s": min(theirs_steps),
                "matrix_step_times_faster": min(theirs_steps) / min(steps),
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
