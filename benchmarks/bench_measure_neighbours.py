"""Precision, recall, density and coverage against prdc: alternating in one process on one core; peak memory alone.

Seconds are the processor's, so that other work on the machine counts little. Peak memory is that of the whole process,
with interpreter, libraries and features, and beside it what is above the process as it was with the features made.

prdc is needed: the extra `bench` (`make bench`) brings it.

    python benchmarks/bench_measure_neighbours.py           both parts, about eight minutes
    python benchmarks/bench_measure_neighbours.py speed     this part anew, or the other: memory
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from acutance.measure import _within
from acutance.measure.neighbours import neighbour_shares

RESULTS = Path(__file__).with_name("results") / "bench_measure_neighbours.json"
N, MOST, D, K = 20_000, 50_000, 512, 5


def data(n: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, D)).astype(dtype), (0.98 * rng.standard_normal((n, D))).astype(dtype)


def ours(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    found = neighbour_shares(torch.from_numpy(real), torch.from_numpy(fake), (K,))
    return {name: values[0] for (name, _), values in found.items()}


def theirs(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    from prdc import compute_prdc

    return {name: float(value) for name, value in compute_prdc(real, fake, nearest_k=K).items()}


LIBRARIES = {"acutance": ours, "prdc": theirs}


def peak_mb() -> float:
    """Of this process alone: what getrusage tells is inherited from the parent."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def alone(library: str, n: int, dtype: str) -> dict[str, Any]:
    """Peak memory of a process that does this and nothing else, above what it had with the data made."""
    words = [sys.executable, __file__, "--alone", library, str(n), dtype]
    found: dict[str, Any] = json.loads(
        subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    )
    print(found, flush=True)
    return found


def run_alone(library: str, n: int, dtype: str) -> None:
    sets = data(n, dtype)
    before, start = peak_mb(), time.process_time()
    LIBRARIES[library](*sets)
    seconds = time.process_time() - start
    found = {"library": library, "n": n, "dtype": dtype, "seconds": seconds, "peak_mb": peak_mb()}
    print(json.dumps(found | {"peak_mb_above_start": peak_mb() - before}))


def both(dtype: str, repeats: int) -> dict[str, Any]:
    """The best of alternating runs on the same features."""
    sets = data(N, dtype)
    seconds: dict[str, list[float]] = {library: [] for library in LIBRARIES}
    values = {}
    for _ in range(repeats):
        for library, measure in LIBRARIES.items():
            start = time.process_time()
            values[library] = measure(*sets)
            seconds[library].append(time.process_time() - start)
    best = {f"{library}_s": min(some) for library, some in seconds.items()}
    apart = max(abs(values["acutance"][name] - value) for name, value in values["prdc"].items())
    found = {
        "n": N,
        "dtype": dtype,
        **best,
        "times_faster": best["prdc_s"] / best["acutance_s"],
        "largest_difference": apart,
    }
    print(found, flush=True)
    return found


def without_bfloat16() -> float:
    """As on a processor that has no units for it."""
    sets, _within.precisions = data(N, "float32"), lambda: (torch.float32, torch.float64)
    start = time.process_time()
    ours(*sets)
    return time.process_time() - start


def speed() -> dict[str, Any]:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # prdc starts threads of its own
    return {
        "products": [str(dtype) for dtype in _within.precisions()],
        "with_prdc": [both(dtype, repeats=2) for dtype in ("float64", "float32")],
        "acutance_s_without_bfloat16": without_bfloat16(),
    }


def memory() -> dict[str, Any]:
    found = [alone(*which, "float32") for which in (("acutance", N), ("prdc", N), ("acutance", MOST))]
    ours, theirs, _ = found
    shares = {f"{name}_share": ours[name] / theirs[name] for name in ("peak_mb", "peak_mb_above_start")}
    return {"alone": found, **shares}


PARTS = {"speed": speed, "memory": memory}


def main(*parts: str) -> None:
    torch.set_num_threads(1)
    record = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for part in parts or PARTS:
        record[part] = {
            "date": datetime.date.today().isoformat(),
            "machine": platform.processor() or platform.machine(),
            "cores": 1,
            "versions": {name: version(name) for name in ("torch", "numpy", "scikit-learn", "prdc")},
            "features": D,
            "k": K,
            **PARTS[part](),
        }
        RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        run_alone(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        main(*sys.argv[1:])
