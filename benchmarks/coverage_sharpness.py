"""How often the 95 % intervals of the sharpness readings hold the truth: 1,000 simulated repeats for each reading.

Every repeat draws new images (16 px, of very unequal power: a random edge on a rough field, contrast lognormal). Truth
is the reading of 20,000 images. Unpaired readings have a second set with contrasts and blurs of its own as samples.
"""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from acutance.measure import Reading, measure_pairs, noise_use
from acutance.measure._pixels import PixelMeasures
from acutance.measure.sample_spectra import SampleSpectra

RESULTS = Path(__file__).with_name("results") / "coverage_sharpness.json"
SIDE, REPEATS, MANY = 16, 1000, 20_000
SIZES = (100, 20)
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
    found = [*pairs.readings, *draws.readings, *spectra.compute(), *pixels.compute()]
    named = {reading.name: reading for reading in pairs.readings}
    for reading in found:
        name = (
            f"samples_{reading.name}" if reading.name in named and named[reading.name] is not reading else reading.name
        )
        named[name] = reading
    for bands, prefix in ((pairs.bands, ""), (draws.bands, "")):
        for k, band in enumerate(bands):
            for name, value in band.values.items():
                low, high = band.intervals[name]
                named[f"{prefix}{name}_octave_{k}"] = Reading(
                    name=name, value=value, unit="ratio", better="none", n=n, low=low, high=high
                )
    return named


def held(n: int, truth: dict[str, Reading]) -> dict[str, dict[str, float]]:
    """Share of repeats whose interval holds the truth, and how many repeats had an interval."""
    inside, stated = dict.fromkeys(truth, 0), dict.fromkeys(truth, 0)
    for repeat in range(REPEATS):
        for name, reading in readings(n, 1000 + repeat).items():
            if math.isfinite(reading.low) and math.isfinite(reading.high):
                stated[name] += 1
                inside[name] += reading.low <= truth[name].value <= reading.high
    return {name: {"share": inside[name] / stated[name], "repeats": stated[name]} for name in truth if stated[name]}


def main() -> None:
    torch.set_num_threads(1)
    truth = {name: reading for name, reading in readings(MANY, 1).items() if name not in NOT_COVERED}
    shares: dict[str, Any] = {}
    for n in SIZES:
        shares[str(n)] = held(n, truth)
        for name, share in shares[str(n)].items():
            print(n, name, share, flush=True)
    record = {
        "date": datetime.date.today().isoformat(),
        "side": SIDE,
        "repeats": REPEATS,
        "truth_from": MANY,
        "held": shares,
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
