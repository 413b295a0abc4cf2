"""How many of 216 exactly known modes a relativistic and a plain GAN reach, both with R1 + R2.

An image is three glyphs, one a colour: each one of six digits, in a font of `builtin:glyphs` and moved by up to a
pixel, drawn at random. A mode is which digit stands in which colour. A sample's digit is that of the glyph nearest to
it, in each colour; how often that errs on real images is told. The two GANs differ in `game` and in nothing else.

Expected, written before the first run: the relativistic game reaches all 216 modes, its divergence from uniform within
three times the floor (K - 1) / 2N; the plain one (non-saturating, the same penalties) leaves some out or is at least
less even, as published for 1,000 modes: 693 against 1,000 (Huang et al. 2024).

    python benchmarks/modes.py [--seeds N] [--images N]
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from acutance.data import ImageSet, image_set, open_source
from acutance.measure import mode_count, modes_of
from acutance.models import Generator, Recipe, draws
from acutance.models.gan import Config
from acutance.rng import rng_for
from acutance.stats import mean_interval
from acutance.train import RunConfig, train

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "modes.json"
RUNS = Path(os.environ.get("ACUTANCE_MODES", ROOT / "runs" / "modes"))
DIGITS, SIDE, COPIES = "012345", 16, 4
COUNT = len(DIGITS) ** 3
STACKS, DRAWS, HITS = 20_000, 10_000, 3
GAMES = ("relativistic", "non_saturating")


@dataclass(frozen=True)
class Stacks:
    """Images of three glyphs, and how their modes are told."""

    images: ImageSet
    glyphs: ImageSet

    def modes(self, images: Tensor) -> Tensor:
        """(n, 3, H, W) to modes (n,), 0 ... COUNT - 1."""
        assert self.glyphs.labels is not None
        digit = modes_of(self.glyphs.tensor(), [label[0] for label in self.glyphs.labels])
        assert digit.count == len(DIGITS)
        red, green, blue = (digit.label(images[:, [k]]) for k in range(3))
        return (red * digit.count + green) * digit.count + blue


def stacks() -> Stacks:
    """20,000 images, every glyph as likely as every other."""
    every = open_source(f"builtin:glyphs?copies={COPIES}", size=SIDE, channels=1)
    assert every.labels is not None
    glyphs = every.take(np.flatnonzero([label[0] in DIGITS for label in every.labels]))
    chosen = torch.randint(len(glyphs), (STACKS, 3), generator=rng_for(0, "stacks"))
    pixels = glyphs.tensor()[:, 0].mul(255).round().byte()
    return Stacks(image_set(pixels[chosen].permute(0, 2, 3, 1).contiguous().numpy(), source="glyph stacks"), glyphs)


def error_rate(found: Stacks) -> float:
    """How often a digit is told wrong by the others, a quarter of the glyphs against the rest."""
    glyphs, labels = found.glyphs, found.glyphs.labels
    assert labels is not None
    place = np.arange(len(glyphs))
    known, asked = place[place % COPIES != 0], place[place % COPIES == 0]
    digit = modes_of(glyphs.tensor(known), [labels[k][0] for k in known])
    told = digit.label(glyphs.tensor(asked))
    return float(np.mean([DIGITS[int(d)] != labels[k][0] for d, k in zip(told, asked, strict=True)]))


def reached(game: str, seed: int, images: int, found: Stacks) -> dict[str, Any]:
    """Trains one GAN, or takes the trained one, and counts its modes."""
    model = Config(game=game, widths=(96, 64, 32), critic_widths=(96, 64, 32))  # type: ignore[arg-type]
    recipe = replace(Recipe(), images=images, picture_images=0)
    folder = RUNS / f"{game}-seed{seed}-{images}"
    trained = train(
        RunConfig(model=model, recipe=recipe, seed=seed), found.images, folder, resume=(folder / "run.json").exists()
    )
    assert isinstance(trained, Generator)
    labels = torch.cat([found.modes(batch) for batch in draws(trained, DRAWS, seed=seed)])
    modes, divergence = mode_count(labels, COUNT, hits=HITS)
    result = {"game": game, "seed": seed, "modes": modes.value, "divergence": divergence.value}
    print(f"{game:15} seed {seed}: {modes.value:.0f} modes, divergence {divergence.value:.4f} nats", flush=True)
    return result


def over_seeds(values: list[float]) -> list[float | None]:
    """Mean and Student's 95 % interval; None where one seed gives none."""
    return [x if np.isfinite(x) else None for x in mean_interval(np.array(values))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=40_000)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    found = stacks()
    of_real = mode_count(found.modes(found.images.tensor(np.arange(DRAWS))), COUNT, hits=HITS)
    floor, error = (COUNT - 1) / (2 * DRAWS), error_rate(found)
    print(
        f"real images: {of_real[0].value:.0f} modes, {of_real[1].value:.4f} nats; floor {floor:.4f}; errors {error:.3f}"
    )
    runs = [reached(game, seed, asked.images, found) for seed in range(asked.seeds) for game in GAMES]
    by_game = {game: [run for run in runs if run["game"] == game] for game in GAMES}
    document = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} thread",
        "torch": torch.__version__,
        "images": asked.images,
        "draws": DRAWS,
        "hits": HITS,
        "modes": COUNT,
        "real": {"modes": of_real[0].value, "divergence": of_real[1].value, "floor": floor, "digit_errors": error},
        "runs": runs,
        "mean, low, high over seeds": {
            game: {name: over_seeds([run[name] for run in group]) for name in ("modes", "divergence")}
            for game, group in by_game.items()
        },
    }
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
