"""Gain of a known Gaussian blur on photographs and noise (O4): the error, and what window and ring width explain of it.

Photographs are scikit-image's, in patches of 320 px that are blurred and then cut to 256 px, so that the blur has its
true surroundings. The window spreads each bin over its neighbours (Hann: 2/3, 1/6 to either side, on both axes) and a
ring adds up bins whose gain differs; both together make of the exact gain H, with S the power of the images,
`sum K * (H S) / sum K * S` over a ring, K the spread. The remainder is the error against that.
"""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from acutance.data import open_source
from acutance.measure import measure_pairs
from acutance.measure._images import as_planes
from acutance.measure._plane import plane_for

RESULTS = Path(__file__).with_name("results") / "blur_oracle.json"
SIDE, MARGIN = 256, 32


def photographs() -> Tensor:
    """(N, 1, 320, 320) grey patches."""
    return as_planes(open_source("builtin:photos", size=SIDE + 2 * MARGIN).tensor(), "luma")


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


def expected(images: Tensor, sigma: float) -> Tensor:
    """Gain per ring that window and ring width make of the exact one."""
    plane = plane_for(SIDE, SIDE, "auto")
    window = torch.outer(*plane._fourier.windows)
    planes = images[:, 0] * window
    power = (torch.fft.fft2(planes - planes.mean(0)).abs() ** 2).mean(0)
    parts = torch.stack([gain(SIDE, SIDE, sigma) * power, power])[:, None]
    line = torch.tensor([1.0, 4.0, 1.0], dtype=torch.float64) / 6
    kernel = torch.outer(line, line)[None, None] if plane.windowed else torch.ones(1, 1, 1, 1, dtype=torch.float64)
    spread = F.conv2d(F.pad(parts, (1, 1, 1, 1), mode="circular"), kernel)[:, 0]
    f = torch.fft.fftfreq(SIDE, dtype=torch.float64)
    f = torch.hypot(f[:, None], f)
    ring = (f * SIDE).round().long().clamp(min=1)
    used = (f > 0) & (f < 0.5)
    sums = torch.zeros(2, int(ring.max()) + 1, dtype=torch.float64).index_add_(1, ring[used], spread[:, used])
    return (sums[0] / sums[1])[1 : len(plane.rings) + 1]


def row(name: str, images: Tensor, sigma: float) -> dict[str, Any]:
    ref, out = cut(images), cut(blurred(images, sigma))
    found = measure_pairs(ref, out)
    curve = next(c for c in found.curves if c.name == "gain")
    f, value = torch.tensor(curve.frequency, dtype=torch.float64), torch.tensor(curve.value, dtype=torch.float64)
    exact = torch.exp(-2 * math.pi**2 * sigma**2 * f**2)
    seen = exact > 0.05
    mtf50 = min(math.sqrt(math.log(2) / 2) / (math.pi * sigma), 0.5)
    return {
        "images": name,
        "n": len(ref),
        "sigma_px": sigma,
        "gain_worst_error": float((value / exact - 1)[seen].abs().max()),
        "gain_worst_error_after_window_and_rings": float((value / expected(ref, sigma) - 1)[seen].abs().max()),
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
