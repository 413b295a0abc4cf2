"""How often the 95 % intervals of feature distances hold the truth, over settings with known populations.

    python benchmarks/simulate_intervals.py          1,000 repeats, about half an hour on one core
    python benchmarks/simulate_intervals.py 100      fewer

The truth of a reading is what the measure gives on average at this number of images, over the repeats themselves; that
of `frechet_distance_infinity` is the distance of the populations, where it is known.
"""

from __future__ import annotations

import datetime
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from acutance.measure import Reading
from acutance.measure._bank import FeatureBank
from acutance.measure._distances import distances
from acutance.measure.frechet_infinity import FrechetInfinity
from acutance.measure.memorisation import Memorisation
from acutance.measure.neighbours import Neighbours
from acutance.measure.vendi_score import VendiScore

RESULTS = Path(__file__).with_name("results") / "simulate_intervals.json"


@dataclass(frozen=True)
class Setting:
    """Two Gaussian populations of features, or their exponentials, `scale` and `shift` apart."""

    features: int
    real: int
    fake: int
    scale: float = 1.0
    shift: float = 0.0
    skewed: bool = False

    def draw(self, n: int, rng: torch.Generator, scale: float, shift: float) -> Tensor:
        spread = torch.linspace(0.3, 1.5, self.features, dtype=torch.float64)
        points = scale * spread * torch.randn(n, self.features, generator=rng, dtype=torch.float64) + shift
        return (points / 2.0).exp() if self.skewed else points

    def bank(self, repeat: int) -> FeatureBank:
        rng = torch.Generator().manual_seed(1000 * repeat + self.features)
        bank = FeatureBank()
        bank.add("real", self.draw(self.real, rng, 1.0, 0.0))
        bank.add("fake", self.draw(self.fake, rng, self.scale, self.shift))
        return bank

    def frechet(self) -> float:
        """Of the populations, if they are Gaussian."""
        spread = torch.linspace(0.3, 1.5, self.features, dtype=torch.float64)
        return float(self.features * self.shift**2 + ((1 - self.scale) * spread).square().sum())


SETTINGS = {
    "8 features, 100 images, one population": Setting(8, 100, 100),
    "8 features, 300 images, apart": Setting(8, 300, 300, 0.85, 0.3),
    "32 features, 200 images, one population": Setting(32, 200, 200),
    "32 features, 200 images, apart": Setting(32, 200, 200, 0.8, 0.2),
    "32 features, 300 images, skewed, apart": Setting(32, 300, 300, 0.8, 0.1, skewed=True),
    "64 features, 600 images, one population": Setting(64, 600, 600),
    "128 features, 100 images, apart": Setting(128, 100, 100, 0.9, 0.1),
    "128 features, 300 images, apart": Setting(128, 300, 300, 0.9, 0.1),
    "16 features, 400 and 100 images, apart": Setting(16, 400, 100, 0.8, 0.2),
    "16 features, 100 and 400 images, apart": Setting(16, 100, 400, 0.8, 0.2),
}


def readings(bank: FeatureBank) -> list[Reading]:
    measures = Neighbours(bank=bank), VendiScore(bank), Memorisation(bank), FrechetInfinity(bank)
    return [*distances("", bank)[:2], *(reading for measure in measures for reading in measure.compute())]


def shares(setting: Setting, repeats: int) -> dict[str, dict[str, float]]:
    found: dict[str, list[Reading]] = {}
    for repeat in range(repeats):
        for reading in readings(setting.bank(repeat)):
            found.setdefault(reading.name, []).append(reading)
    return {name: share(name, some, setting) for name, some in found.items()}


def share(name: str, found: list[Reading], setting: Setting) -> dict[str, float]:
    values = torch.tensor([reading.value for reading in found], dtype=torch.float64)
    truth = float(values.mean())
    if name.endswith("infinity") and not setting.skewed:
        truth = setting.frechet()
    held = sum(reading.low <= truth <= reading.high for reading in found) / len(found)
    width = sum(reading.high - reading.low for reading in found) / len(found) / 3.92
    return {
        "held": held,
        "mean": float(values.mean()),
        "truth": truth,
        "width_over_spread": width / float(values.std()),
    }


def main(repeats: int) -> None:
    torch.set_num_threads(1)
    record: dict[str, Any] = {"date": datetime.date.today().isoformat(), "torch": torch.__version__, "repeats": repeats}
    record["settings"] = {}
    for name, setting in SETTINGS.items():
        record["settings"][name] = shares(setting, repeats)
        print(name, flush=True)
        for reading, found in record["settings"][name].items():
            print(f"  {reading:28} held {found['held']:.3f}  width/spread {found['width_over_spread']:.2f}", flush=True)
        RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
