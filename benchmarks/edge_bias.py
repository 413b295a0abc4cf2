"""How far edge MTF50 and edge width are from exact answers, by blur and image size: the table in docs/precision.md."""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from acutance.measure import MEASURES
from acutance.measure._sharpness import crossing

RESULTS = Path(__file__).with_name("results") / "edge_bias.json"
SIGMAS = (0.0, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0)
FLATTEST = math.atan(0.5)
"""Largest slant that the measure takes up."""


def slanted_edges(n: int, side: int, sigma: float, seed: int = 0) -> Tensor:
    """Half planes of random slant and place from .2 to .8, blurred by a Gaussian, exact area coverage of each pixel."""
    rng = torch.Generator().manual_seed(seed)
    angle, shift = torch.rand(2, n, 1, 1, generator=rng, dtype=torch.float64)
    angle, shift = 2 * math.pi * angle, 4 * shift - 2
    at = torch.arange(side, dtype=torch.float64) - (side - 1) / 2
    distance = at * angle.cos() + at[:, None] * angle.sin() - shift
    a, b = angle.cos().abs().clamp(min=1e-3), angle.sin().abs().clamp(min=1e-3)
    corners = ((a + b) / 2, 1), ((a - b) / 2, -1), ((b - a) / 2, -1), (-(a + b) / 2, 1)
    covered = sum(sign * second(distance + offset, sigma) for offset, sign in corners) / (a * b)
    return (0.2 + 0.6 * covered)[:, None].clamp(0, 1)


def second(distance: Tensor, sigma: float) -> Tensor:
    """Second antiderivative of the normal distribution function of that sigma."""
    if sigma == 0.0:
        return 0.5 * distance.clamp(min=0.0).square()
    z = distance / sigma
    density = torch.exp(-0.5 * z.square()) / math.sqrt(2 * math.pi)
    return 0.5 * sigma**2 * ((z.square() + 1) * torch.special.ndtr(z) + z * density)


def exact(sigma: float) -> tuple[float, float]:
    """MTF50 and width of the mean edge: Gaussian times the pixel's aperture, averaged over slants."""
    slant = np.linspace(0, FLATTEST, 201)
    f = np.arange(1, 4097) / 8192
    aperture = np.sinc(np.outer(f, np.cos(slant))) * np.sinc(np.outer(f, np.sin(slant)))
    gain = aperture.mean(1) * np.exp(-2 * (np.pi * sigma * f) ** 2)
    angles = torch.from_numpy(slant[1:])
    a, b = angles.cos(), angles.sin()
    corners = ((a + b) / 2, 1), ((a - b) / 2, -1), ((b - a) / 2, -1), (-(a + b) / 2, 1)
    x = torch.tensor([[-0.01], [0.01]], dtype=torch.float64)
    rise = sum(sign * second(x + o, sigma) for o, sign in corners) / (a * b)
    return float(crossing(f, gain[None], 0.5)[0]), 0.02 / float((rise[1] - rise[0]).mean())


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for side in (32, 64):
        for sigma in SIGMAS:
            images = slanted_edges(400, side, sigma)
            measure = MEASURES.load("edge_spread")()
            measure.update(real=images, fake=images)
            found = {reading.name: reading for reading in measure.compute()}
            mtf50, width = exact(sigma)
            rows.append(
                {
                    "side": side,
                    "sigma_px": sigma,
                    "edges": measure.result().edges["fake"],
                    "mtf50": found["edge_mtf50"].value,
                    "mtf50_exact": mtf50,
                    "width_px": found["edge_width_px"].value,
                    "width_px_exact": width,
                    "preconditions": list(found["edge_mtf50"].preconditions),
                }
            )
            print(rows[-1], flush=True)
    record = {"date": datetime.date.today().isoformat(), "torch": torch.__version__, "rows": rows}
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
