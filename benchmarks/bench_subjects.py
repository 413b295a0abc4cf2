"""What measuring costs beside a foreign model's own forward time, and how much memory it takes.

An AutoencoderKL of the size of Stable Diffusion's (84 M parameters, random weights) at 256 px, from a folder: opened,
tried and measured as `acutance compare` does. Its own forward time is that of `encode` and `decode`, timed inside the
same run. With `--diagnose` it is diagnosed instead, as `acutance diagnose` does. Appends a dated line to
benchmarks/results/subjects.jsonl.

    python benchmarks/bench_subjects.py [--images 4] [--size 256] [--threads 1] [--precision bf16] [--diagnose]
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from acutance.data import image_set, open_source
from acutance.diagnose import assess, diagnose
from acutance.subjects import open_subject
from acutance.subjects._foreign import Foreign, adapt

RESULTS = Path(__file__).parent / "results" / "subjects.jsonl"


def saved(folder: Path) -> Path:
    """The configuration of Stable Diffusion's first stage."""
    import diffusers

    torch.manual_seed(0)
    diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(128, 256, 512, 512),
        layers_per_block=2,
        latent_channels=4,
        sample_size=256,
    ).save_pretrained(folder)
    return folder


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--diagnose", action="store_true", help="diagnose it, in place of measuring alone")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    photos = open_source("builtin:photos", size=asked.size, channels=3)
    images = image_set(photos.images[: asked.images])
    spent: dict[str, float] = {"encode": 0.0, "decode": 0.0}

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*given)
            finally:
                spent[name] += time.perf_counter() - start

        return run

    with tempfile.TemporaryDirectory() as folder:
        text = f"diffusers:{saved(Path(folder))}?precision={asked.precision}"
        start = time.perf_counter()
        found = open_subject(text)
        opening = time.perf_counter() - start
        parts = found.model.parts  # type: ignore[attr-defined]
        model = adapt(replace(parts, encode=timed("encode", parts.encode), decode=timed("decode", parts.decode)))
        assert isinstance(model, Foreign)
        start = time.perf_counter()
        doubts = found.fit(images)
        trying = time.perf_counter() - start
        start = time.perf_counter()
        word, work = ("diagnose", diagnose) if asked.diagnose else ("measure", assess)
        work(model, images, name="x")
        whole = time.perf_counter() - start
    own = sum(spent.values())
    line = {
        "date": datetime.date.today().isoformat(),
        "machine": platform.machine(),
        "threads": asked.threads,
        "torch": torch.__version__,
        "parameters": model.count_parameters(),
        "images": len(images),
        "size": asked.size,
        "precision": asked.precision,
        "seconds": {"open": opening, "try": trying, word: whole, "own": own, **spent},
        "overhead": whole / own - 1,
        "peak_gb": peak_gb(),
        "doubts": doubts,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as handle:
        handle.write(json.dumps(line) + "\n")
    print(json.dumps(line, indent=1))


if __name__ == "__main__":
    main()
