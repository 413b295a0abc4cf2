"""How often the 95 % intervals of the sharpness readings hold the truth: 1,000 simulated repeats for each reading.

    python benchmarks/coverage_sharpness.py          100 and 30 images, twenty minutes on one core
    python benchmarks/coverage_sharpness.py 300 20   fewer repeats, other numbers of images

Every repeat draws new images (16 px, of very unequal power: a random edge on a rough field, contrast lognormal). Truth
is the reading of 20,000 images. Unpaired readings have a second set with contrasts and blurs of its own as samples.
The signs of residuals are those of outputs that are too bright: of these ones they are exactly 0, and always held.
"""

from __future__ import annotations

import datetime
import json
import math
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from acutance.measure import Reading, measure_pairs, noise_use
from acutance.measure._pixels import PixelMeasures
from acutance.measure.residual_signs import ResidualSigns
from acutance.measure.sample_spectra import SampleSpectra

RESULTS = Path(__file__).with_name("results") / "coverage_sharpness.json"
SIDE, MANY = 16, 20_000
NOT_COVERED = {"spectrum_test_p"}


def images(n: int, rng: torch.Generator, blur: float = 0.4) -> Tensor:
    """A half plane of random place, slant and height on a rough field."""
    angle, shift = torch.rand(2, n, 1, 1, generator=rng)
    at = torch.arange(SIDE) - (SIDE - 1) / 2
    distance = at * (2 * math.pi * angle).cos() + at[:, None] * (2 * math.pi * angle).sin() - 6 * (shift - 0.5)
    plane = torch.special.ndtr(distance / math.hypot(blur, 0.29)) - 0.5
    f = torch.hypot(torch.fft.fftfreq(SIDE)[:, None], torch.fft.rfftfreq(SIDE)[None, :]).clamp(min=1 / SIDE)
    rough = torch.fft.irfft2(torch.fft.rfft2(torch.randn(n, SIDE, SIDE, generator=rng)) / f, s=(SIDE, SIDE))
    contrast = torch.exp(0.5 * torch.randn(n, 1, 1, generator=rng)).clamp(max=3.0)
    return (0.5 + contrast * (0.14 * plane + 0.0015 * rough)).clamp(0, 1)[:, None]


def outputs(ref: Tensor, rng: torch.Generator) -> Tensor:
    """Blurred, with noise that grows with the image's own contrast."""
    soft = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(ref, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    spread = (ref - soft).std((2, 3), keepdim=True)
    return (0.2 * ref + 0.8 * soft + 0.7 * spread * torch.randn(ref.shape, generator=rng)).clamp(0, 1)


def readings(n: int, seed: int) -> dict[str, Reading]:
    """All readings of one simulated data set, paired and unpaired."""
    rng = torch.Generator().manual_seed(seed)
    ref, fake = images(n, rng), images(n, rng, blur=0.8)
    first, second = outputs(ref, rng), outputs(ref, rng)
    pairs, draws = measure_pairs(ref, first), noise_use(ref, [first, second])
    spectra, pixels = SampleSpectra(), PixelMeasures()
    for measure in (spectra, pixels):
        measure.update(real=ref, fake=fake)
    signs = ResidualSigns()
    signs.update((first + 0.03).clamp(max=1.0), ref)
    named = {reading.name: reading for reading in (*pairs.readings, *signs.compute(), *draws.readings)}
    for reading in (*spectra.compute(), *pixels.compute()):
        named[f"samples_{reading.name}" if reading.name in named else reading.name] = reading
    for bands in (pairs.bands, draws.bands):
        for k, band in enumerate(bands):
            for name, value in band.values.items():
                low, high = band.intervals[name]
                named[f"{name}_octave_{k}"] = Reading(
                    name=name, value=value, unit="ratio", better="none", n=n, low=low, high=high
                )
    return named


def held(n: int, repeats: int, truth: dict[str, Reading]) -> dict[str, dict[str, float]]:
    """Share of repeats whose interval holds the truth, misses to either side, how many repeats had an interval."""
    found: dict[str, list[Reading]] = {name: [] for name in truth}
    for repeat in range(repeats):
        for name, reading in readings(n, 1000 + repeat).items():
            if math.isfinite(reading.low) and math.isfinite(reading.high) and name in found:
                found[name].append(reading)
    return {name: share(some, truth[name].value) for name, some in found.items() if some}


def share(found: list[Reading], truth: float) -> dict[str, float]:
    """How often the truth was held, was above, was below; how often a reading said what it stands on is not given."""
    above = sum(reading.high < truth for reading in found) / len(found)
    below = sum(reading.low > truth for reading in found) / len(found)
    named = sum(len(reading.preconditions) > 0 for reading in found) / len(found)
    shares = {"share": 1.0 - above - below, "truth_above": above, "truth_below": below, "named": named}
    return {name: round(value, 4) for name, value in shares.items()} | {"repeats": len(found)}


def main(repeats: int = 1000, *sizes: int) -> None:
    torch.set_num_threads(1)
    truth = {name: reading for name, reading in readings(MANY, 1).items() if name not in NOT_COVERED}
    record: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"side": SIDE, "truth_from": MANY}
    for n in sizes or (100, 30):
        shares = held(n, repeats, truth)
        for name, found in shares.items():
            print(n, name, found, flush=True)
        record[f"{n} images"] = {"date": datetime.date.today().isoformat(), "repeats": repeats, "held": shares}
        RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
