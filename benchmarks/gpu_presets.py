"""Trains each preset that is meant for a GPU on one CPU core, a small part of its length, and measures what comes out.

Each is as shipped but for `--images`, in a process of its own, on held-out photographs in colour at the preset's size;
decoders on a frozen code go on from the shortened `spatial_vae_64`. What is finished stands in
benchmarks/results/gpu_presets.json and is not run again; models and pictures stay in `runs/gpu_presets`. The presets
quote that file (tests/models/test_gpu_presets.py). Minutes are the processor's own time for the training. These lengths
end within the warm-up of most presets: they tell what a preset costs and that it runs, not how well it ends.

    python benchmarks/gpu_presets.py [--only NAME ...]
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from acutance.data import TrainingSet, open_pairs, open_source
from acutance.diagnose import SubjectRecord, assess
from acutance.diagnose._assess import picture_indices, to_bytes
from acutance.models import Preset, presets
from acutance.models._whole_file import replace_file
from acutance.report import contact_sheet
from acutance.train import RunConfig, read_record, train

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "gpu_presets.json"
RUNS = ROOT / "runs" / "gpu_presets"
BASE = "spatial_vae_64"
TOLD = {
    "detail_ratio_top_octave": "finest detail ratio {:.3f}",
    "coherence_top_octave": "coherence {:.3f}",
    "psnr": "PSNR {:.1f} dB",
    "noise_use": "noise use {:.2f}",
    "codebook_perplexity": "perplexity {:.0f}",
    "coverage": "coverage of samples {:.3f}",
}
"""What a preset says of the readings; the detail ratio is that of samples where nothing is reconstructed."""
MOST_MEASURED, FEW = 400, 40
IMAGES = {
    BASE: 28_800,
    "gan_64": 6_400,
    "vqvae_64": 19_200,
    "adversarial_decoder_64": 11_200,
    "flow_decoder_64": 1_280,
    "energy_decoder_64": 6_400,
    "vaegan_64": 5_120,
    "ali_64": 3_840,
    "vqgan_128": 1_280,
    "pix2pix_256": 640,
    "refit_decoder_64": 6_400,
    "vae_64": 6_400,
    "ae_64": 6_400,
}
"""By preset, in the order of the runs: a half to five minutes of one core each."""


def sets_for(name: str, preset: Preset) -> tuple[str, TrainingSet, TrainingSet]:
    """The source, what is trained on, and at most MOST_MEASURED held-out ones, evenly spread.

    FEW for a flow, an output of which takes many passes.
    """
    size = int(name.rpartition("_")[2])
    pairs = preset.model.learns_from == "pairs"
    source = "edges:builtin:photos" if pairs else "builtin:photos"
    training, held_out = (open_pairs if pairs else open_source)(source, size=size, channels=3).split()
    most = FEW if name.startswith("flow") else MOST_MEASURED
    places = np.unique(np.linspace(0, len(held_out) - 1, most).round().astype(int))
    return source, training, held_out.take(places)


def config_for(name: str, preset: Preset) -> RunConfig:
    """The preset with its shortened length, on the base that it needs."""
    built_on = "of" in {f.name for f in fields(preset.model)}
    model = replace(preset.model, **{"of": str(RUNS / BASE)}) if built_on else preset.model
    return RunConfig(model=model, recipe=replace(preset.recipe, images=IMAGES[name]), seed=0)


def measured(name: str) -> dict[str, Any]:
    """Trains and measures one; memory is that of this process, training data included, before anything is measured."""
    preset = presets()[name]
    source, training, held_out = sets_for(name, preset)
    folder = RUNS / name
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was stopped: its minutes would not count
    start = time.process_time()
    model = train(config_for(name, preset), training, folder)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    record, found = read_record(folder), assess(model, held_out, name=name)
    (RUNS / f"{name}.png").write_bytes(sheet(found, held_out))
    return {
        "date": datetime.date.today().isoformat(),
        "torch": torch.__version__,
        "precision": record["precision"],
        "model": record["model"]["config"],
        "recipe": record["recipe"],
        "source": source,
        "core_minutes": round(seconds / 60, 2),
        "peak_gb": round(peak * 1024 / 1e9, 2),
        "warnings": record["warnings"],
        "held_out": len(held_out),
        "readings": {r.name: round(r.value, 5) for r in found.readings if math.isfinite(r.value)},
    }


def sheet(found: SubjectRecord, held_out: TrainingSet) -> bytes:
    """Originals, outputs, and samples where there are any."""
    originals = held_out.tensor(picture_indices(held_out))
    rows = [("images", part) for part in map(to_bytes, originals.split(3, dim=1))]
    rows += [("outputs", found.reconstructions)] if found.reconstructions is not None else []
    rows += [("samples", found.samples)] if found.samples is not None else []
    return contact_sheet(rows, scale=1)


def told(record: dict[str, Any]) -> str:
    """What a preset says of a measurement."""
    readings = record["readings"]
    said = ", ".join(form.format(readings[name]) for name, form in TOLD.items() if name in readings)
    how = f"{record['recipe']['images']:,} of them, {record['source']}, one CPU core in {record['precision']}"
    return f"{how}: {record['core_minutes']:.1f} minutes, {record['peak_gb']:.1f} GB; held out, {said}"


def kept() -> dict[str, Any]:
    """What was finished before."""
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found


def keep(name: str) -> None:
    """Measures one and writes it among the others, in the order of the runs."""
    found = {**kept(), name: measured(name)}
    text = json.dumps({one: found[one] for one in IMAGES if one in found}, indent=1) + "\n"
    replace_file(RESULTS, lambda temporary: temporary.write_text(text))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[], choices=IMAGES, metavar="NAME", help="presets")
    parser.add_argument("--one", choices=IMAGES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    RUNS.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    if asked.one:
        keep(asked.one)
        return
    for name in asked.only or IMAGES:
        if name not in kept():
            subprocess.run([sys.executable, __file__, "--one", name], check=True)
            print(f"{name}: {told(kept()[name])}", flush=True)


if __name__ == "__main__":
    main()
