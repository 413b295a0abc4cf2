"""Paired spectra: image pairs per processor second on one thread, and that memory does not grow with their number."""

from __future__ import annotations

import datetime
import json
import platform
import resource
import time
from pathlib import Path

import torch

from acutance.measure.paired_spectra import PairedSpectra

RESULTS = Path(__file__).with_name("results") / "bench_measure_spectra.json"


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for side, batch, rounds in ((32, 256, 60), (64, 256, 40), (256, 32, 10)):
        rng = torch.Generator().manual_seed(0)
        x, ref = torch.rand(batch, 1, side, side, generator=rng), torch.rand(batch, 1, side, side, generator=rng)
        measure = PairedSpectra()
        measure.update(x, ref)
        memory, times = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
        for _ in range(rounds):
            start = time.process_time()
            measure.update(x, ref)
            times.append(time.process_time() - start)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        times.sort()
        rows.append(
            {
                "side": side,
                "batch": batch,
                "pairs_per_s_best": batch / times[0],
                "pairs_per_s_median": batch / times[len(times) // 2],
                "peak_memory_grown_mb": grown / 1024,
            }
        )
        print(rows[-1], flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    record = {
        "date": datetime.date.today().isoformat(),
        "machine": platform.processor() or platform.machine(),
        "threads": 1,
        "torch": torch.__version__,
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
