"""Gain of a known Gaussian blur on photographs and noise (O4): how far each ring is from it, and its interval.

Photographs are scikit-image's, in patches of 384 px. Each is seen four times, 64 px apart, for neighbouring frequencies
of one patch beat against each other under a window, and differently of each cut: 320 px are blurred and then cut to
256 px, so that the blur has its true surroundings.
"""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from acutance.data import open_source
from acutance.measure import measure_pairs
from acutance.measure._images import as_planes

RESULTS = Path(__file__).with_name("results") / "blur_oracle.json"
SIDE, MARGIN, STEP = 256, 32, 64


def photographs() -> Tensor:
    """(N, 1, 320, 320) grey patches: the four corners of larger ones."""
    side = SIDE + 2 * MARGIN
    patches = as_planes(open_source("builtin:photos", size=side + STEP).tensor(), "luma")
    corners = [(top, left) for top in (0, STEP) for left in (0, STEP)]
    return torch.cat([patches[:, :, top : top + side, left : left + side] for top, left in corners])


def noise(n: int = 24) -> Tensor:
    """White noise that no value of which is clipped by blur."""
    side = SIDE + 2 * MARGIN
    rng = torch.Generator().manual_seed(0)
    return (0.5 + 0.08 * torch.randn(n, 1, side, side, generator=rng, dtype=torch.float64)).clamp(0, 1)


def gain(height: int, width: int, sigma: float) -> Tensor:
    fy, fx = torch.fft.fftfreq(height, dtype=torch.float64), torch.fft.fftfreq(width, dtype=torch.float64)
    return torch.exp(-2 * math.pi**2 * sigma**2 * (fy[:, None] ** 2 + fx**2))


def blurred(images: Tensor, sigma: float) -> Tensor:
    return torch.fft.ifft2(torch.fft.fft2(images) * gain(*images.shape[-2:], sigma)).real.clamp(0, 1)


def cut(images: Tensor) -> Tensor:
    return images[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN]


def row(name: str, images: Tensor, sigma: float) -> dict[str, Any]:
    ref, out = cut(images), cut(blurred(images, sigma))
    found = measure_pairs(ref, out)
    curve = next(c for c in found.curves if c.name == "gain")
    f, value = torch.tensor(curve.frequency, dtype=torch.float64), torch.tensor(curve.value, dtype=torch.float64)
    exact = torch.exp(-2 * math.pi**2 * sigma**2 * f**2)
    seen = exact > 0.05
    low, high = (torch.tensor(ends, dtype=torch.float64)[seen] for ends in (curve.low, curve.high))
    mtf50 = min(math.sqrt(math.log(2) / 2) / (math.pi * sigma), 0.5)
    return {
        "images": name,
        "n": len(ref),
        "sigma_px": sigma,
        "gain_worst_error": float((value / exact - 1)[seen].abs().max()),
        "gain_mean_error": float((value / exact - 1)[seen].mean()),
        "rings": int(seen.sum()),
        "rings_within_1_percent": int(((value / exact - 1)[seen].abs() < 0.01).sum()),
        "rings_whose_interval_holds": int(((low <= exact[seen]) & (exact[seen] <= high)).sum()),
        "mtf50_error": found.reading("mtf50").value / mtf50 - 1,
        "blur_sigma_error": found.reading("blur_sigma_px").value / sigma - 1,
    }


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for name, images in (("photographs", photographs().double()), ("white noise", noise())):
        for sigma in (0.5, 1.0, 2.0, 4.0):
            rows.append(row(name, images, sigma))
            print(rows[-1], flush=True)
    RESULTS.write_text(json.dumps({"date": datetime.date.today().isoformat(), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
