"""One run of the table: a loss, a direction, a seed; trained as `acutance train` does, judged on held-out pairs."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from acutance.data import PairSet
from acutance.measure import measure_pairs, noise_use
from acutance.models import Preset, presets, translations
from acutance.train import Feed, Loop
from pix2pix_suite.judge import CLASSES, Reader, ink_labels, outline_labels, read, scores

DIRECTIONS = {"fill": "builtin:icon-pairs", "outline": "reversed:builtin:icon-pairs"}
LOSSES: dict[str, dict[str, Any]] = {
    "L1": {"gan_weight": 0.0},
    "GAN": {"l1_weight": 0.0, "conditional": False},
    "cGAN": {"l1_weight": 0.0},
    "L1+GAN": {"conditional": False},
    "L1+cGAN": {},
}
FIELDS = {1: "pixel", 16: "1/16 of the side", 70: "27 % of the side", 286: "the whole image"}
DRAWS = 4
SHOWN = 12


def preset(changes: dict[str, Any], images: int) -> Preset:
    """The preset `pix2pix`, one thing changed."""
    found = presets()["pix2pix"]
    recipe = replace(found.recipe, images=images)
    return replace(found, model=replace(found.model, **changes), recipe=recipe)


def outputs(changes: dict[str, Any], training: PairSet, held_out: PairSet, images: int, seed: int) -> Tensor:
    """Trains, and translates every held-out input DRAWS times: (DRAWS, N, C, H, W)."""
    settled = preset(changes, images)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = settled.model.build(training.shape)
    loop = Loop(model, settled.recipe, Feed(training, settled.recipe.mirror), seed)
    loop.run(lambda tick: None, lambda: None)
    average = loop.ema.average.eval()
    return next(translations(average, [held_out.input.tensor()], n=DRAWS, seed=seed))


def run(
    name: str, changes: dict[str, Any], pairs: tuple[PairSet, PairSet], direction: str, reader: Reader, **how: int
) -> tuple[dict[str, Any], np.ndarray]:
    """One line of the results, and a few outputs to look at."""
    start = time.process_time()
    drawn = outputs(changes, *pairs, **how)
    seconds = time.process_time() - start
    found = {"loss": name, "direction": direction, **how, "seconds": round(seconds, 1), **changes}
    inputs, targets = (side.tensor() for side in (pairs[1].input, pairs[1].target))
    return found | judged(drawn, inputs, targets, direction, reader), shown(drawn[0])


def judged(drawn: Tensor, inputs: Tensor, targets: Tensor, direction: str, reader: Reader) -> dict[str, float]:
    """The three scores and our measures."""
    first = drawn[0]
    if direction == "fill":
        found = scores(read(reader, first), outline_labels(inputs), CLASSES)
    else:
        found = scores(ink_labels(first), ink_labels(targets), 2)
    pairs = measure_pairs(targets, first)
    top = pairs.bands[-1].values
    return found | {
        "detail_ratio": top["detail_ratio"],
        "coherence": top["coherence"],
        "explained": top["explained"],
        "mean_absolute_error": float((first - targets).abs().mean()),
        "noise_use": noise_use(targets, drawn).reading("noise_use").value,
    }


def shown(images: Tensor) -> np.ndarray:
    """uint8 (SHOWN, H, W, C), evenly spread."""
    places = torch.linspace(0, len(images) - 1, SHOWN).long()
    return (images[places] * 255).round().byte().permute(0, 2, 3, 1).numpy()
