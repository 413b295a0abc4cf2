"""Paired spectra against a plain float64 FFT without intervals: pairs a processor second, error, memory.

Then pairs/s of the wall clock with one process a core, each with its share of 40,000 pairs of 64 px, their states sent
back and merged; from the moment that all are ready to the merged result, median of five.

The two alternate in one process on one thread. The plain version does the least that gives S_xx, S_rr and S_xr along
rings: rfft2 of windowed images, products, sums per ring.
"""

from __future__ import annotations

import datetime
import json
import multiprocessing
import os
import platform
import resource
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from acutance.measure._fourier import hann
from acutance.measure._plane import plane_for
from acutance.measure.paired_spectra import PairedSpectra

RESULTS = Path(__file__).with_name("results") / "bench_measure_spectra.json"


class Plain:
    """Sums per ring of |X|^2, |R|^2 and Re conj(X) R, float64."""

    def __init__(self, side: int) -> None:
        window = torch.hann_window(side, dtype=torch.float64) if side >= 64 else torch.ones(side, dtype=torch.float64)
        self.window = torch.outer(window, window) / window.square().mean()
        fy, fx = torch.fft.fftfreq(side, dtype=torch.float64), torch.fft.rfftfreq(side, dtype=torch.float64)
        self.ring = (torch.hypot(fy[:, None], fx) * side).round().long().flatten()
        self.sums = torch.zeros(3, int(self.ring.max()) + 1, dtype=torch.float64)

    def update(self, x: Tensor, ref: Tensor) -> None:
        a, b = (torch.fft.rfft2(images[:, 0].double() * self.window) for images in (ref, x))
        for row, product in zip(self.sums, (a.abs().square(), b.abs().square(), (a.conj() * b).real), strict=True):
            row.index_add_(0, self.ring, product.sum(0).flatten())


def seconds(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def error(side: int, x: Tensor, ref: Tensor) -> float:
    """Largest relative error of an octave's power against a complex float64 FFT, mean image removed."""
    measure, n = PairedSpectra(), len(x)
    measure.update(x, ref)
    plane = plane_for(side, side, "auto")
    window = hann(side, side) if plane.windowed else torch.ones(side, side, dtype=torch.float64)
    centred = ref[:, 0].double() * window
    power = (torch.fft.fft2(centred - centred.mean(0)).abs() ** 2).sum(0) / (n - 1)
    f = torch.fft.fftfreq(side, dtype=torch.float64)
    f = torch.hypot(f[:, None], f)
    octaves = measure.chosen()._totals(n).spectrum.xx[0, len(plane.rings) :].reshape(-1, 3).sum(1)
    exact = [float(power[(f >= low) & (f < high)].sum()) for low, high in plane.octaves]
    return max(abs(float(a) / b - 1.0) for a, b in zip(octaves, exact, strict=True))


def grown_mb(measure: PairedSpectra, x: Tensor, ref: Tensor, rounds: int) -> float:
    """Peak memory that `rounds` more batches add."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(rounds):
        measure.update(x, ref)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def row(side: int, batch: int, rounds: int) -> dict[str, Any]:
    rng = torch.Generator().manual_seed(0)
    x, ref = torch.rand(batch, 1, side, side, generator=rng), torch.rand(batch, 1, side, side, generator=rng)
    measure, plain = PairedSpectra(), Plain(side)
    measure.update(x, ref)
    plain.update(x, ref)
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(seconds(lambda: measure.update(x, ref)))
        theirs.append(seconds(lambda: plain.update(x, ref)))
    return {
        "side": side,
        "batch": batch,
        "pairs_per_s_best": round(batch / min(ours)),
        "pairs_per_s_median": round(batch / sorted(ours)[rounds // 2]),
        "plain_fft_pairs_per_s_best": round(batch / min(theirs)),
        "plain_fft_pairs_per_s_median": round(batch / sorted(theirs)[rounds // 2]),
        "relative_error": error(side, x, ref),
        "peak_memory_grown_mb_by_10_more_batches": grown_mb(measure, x, ref, 10),
    }


def serve(pipe: Connection, pairs: int, batch: int) -> None:
    """Measures `pairs` pairs whenever it is asked to, and sends the state of the measure."""
    torch.set_num_threads(1)
    rng = torch.Generator().manual_seed(0)
    x, ref = torch.rand(batch, 1, 64, 64, generator=rng), torch.rand(batch, 1, 64, 64, generator=rng)
    PairedSpectra().update(x, ref)
    pipe.send(None)
    while pipe.recv():
        measure = PairedSpectra()
        for _ in range(pairs // batch):
            measure.update(x, ref)
        pipe.send(measure.state())


def over_cores(processes: int, pairs: int = 40_960, batch: int = 256, rounds: int = 5) -> dict[str, Any]:
    """Pairs/s of the wall clock, states merged and the result computed."""
    pipes = []
    for _ in range(processes):
        here, there = multiprocessing.get_context("spawn").Pipe()
        multiprocessing.get_context("spawn").Process(
            target=serve, args=(there, pairs // processes, batch), daemon=True
        ).start()
        here.recv()
        pipes.append(here)
    speeds = []
    for _ in range(rounds):
        start = time.perf_counter()
        for pipe in pipes:
            pipe.send(True)
        merged = PairedSpectra()
        for pipe in pipes:
            part = PairedSpectra()
            part.load_state(pipe.recv())
            merged.merge(part)
        assert merged.result().n == pairs
        speeds.append(pairs / (time.perf_counter() - start))
    for pipe in pipes:
        pipe.send(False)
    return {
        "side": 64,
        "processes": processes,
        "pairs": pairs,
        "pairs_per_s_best": round(max(speeds)),
        "pairs_per_s_median": round(sorted(speeds)[rounds // 2]),
    }


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for side, batch, rounds in ((32, 256, 60), (64, 256, 60), (256, 32, 12)):
        rows.append(row(side, batch, rounds))
        print(rows[-1], flush=True)
    cores = over_cores(len(os.sched_getaffinity(0)))
    print(cores, flush=True)
    record = {
        "date": datetime.date.today().isoformat(),
        "machine": platform.processor() or platform.machine(),
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "threads": 1,
        "seconds": "of one processor",
        "load": [round(load, 1) for load in os.getloadavg()],
        "torch": torch.__version__,
        "rows": rows,
        "over_cores": cores,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
