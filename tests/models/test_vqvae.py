"""The VQ-VAE with each of its quantisers: it learns, resumes bit for bit, and warns or refuses where it should."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from ddp_parts import feed, stop_after
from small_models import BY_HEART, blob_set, differing, images_of, small_config, small_model, small_recipe, weights

from acutance.errors import ConfigError
from acutance.models.vqvae import VQVAE, Config
from acutance.train import Loop, RunConfig, train
from acutance.train._checkpoint import Checkpoint

EIGHT = images_of(8)
KINDS: dict[str, dict[str, Any]] = {
    "averages": {},
    "gradient": {"learnt_by": "gradient", "gradient_path": "straight_through"},
    "residual": {"quantiser": "residual", "entries": 32, "depth": 3},
    "scalar": {"quantiser": "scalar"},
    "signs": {"quantiser": "signs"},
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def model_of(kind: str, **changes: Any) -> VQVAE:
    model = small_model("vqvae", **KINDS[kind] | changes)
    assert isinstance(model, VQVAE)
    return model


def loop_of(model: VQVAE, of: int = 40, **changes: Any) -> Loop:
    return Loop(model, small_recipe(**changes), feed(of), 3)


def checkpoint_of(loop: Loop) -> Checkpoint:
    modules = {"live": loop.model, "average": loop.ema.average}
    return Checkpoint(modules, {side.player.name: side.optimizer for side in loop.sides})


@every_kind
def test_eight_images_are_learnt_by_heart(kind: str) -> None:
    loop = loop_of(model_of(kind), of=8, **BY_HEART)
    loop.run(lambda now: None, lambda: None)
    error = (loop.ema.average.reconstruct(EIGHT) - EIGHT).square().mean()
    assert error < 0.1 * (EIGHT - EIGHT.mean(0)).square().mean()


@every_kind
def test_training_in_parts_is_training_in_one_go(kind: str, tmp_path: Path) -> None:
    """Counts, averages and resets of the codebook included: entries die on both sides of the stop."""
    changes = {} if kind in {"scalar", "signs"} else {"reset_below": 0.9}
    whole = loop_of(model_of(kind, **changes))
    whole.run(lambda now: None, lambda: None)
    first = loop_of(model_of(kind, **changes))
    first.run(lambda now: None, lambda: None, stop_after(5))
    checkpoint_of(first).save(tmp_path / "state", first.state())
    second = loop_of(model_of(kind, **changes))
    second.resume(checkpoint_of(second).load(tmp_path / "state"))
    second.run(lambda now: None, lambda: None)
    assert not differing(weights(whole.model), weights(second.model))
    assert not differing(weights(whole.ema.average), weights(second.ema.average))


def test_the_codebook_starts_in_the_first_step_and_moves_in_the_next() -> None:
    model = model_of("averages")
    loop = loop_of(model)
    seen = [weights(model)["bottleneck.quantiser.entries"]]
    for steps in (1, 1):
        loop.run(lambda now: None, lambda: None, stop_after(steps))
        seen.append(weights(model)["bottleneck.quantiser.entries"])
    assert model.bottleneck.quantiser.get_buffer("started")
    assert not torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[1], seen[2])


def test_a_planted_collapse_of_the_codebook_is_warned_of() -> None:
    """An encoder whose tokens are all alike, and no resets: the watch-dog says so."""
    model = model_of("averages", reset_below=0.0, entries=64)
    with torch.no_grad():
        model.encoder.head.weight.zero_()
    model.encoder.head.requires_grad_(False)
    ticks = []
    loop_of(model, **{**BY_HEART, "log_images": 80}).run(ticks.append, lambda: None)
    warned = [warned for tick in ticks for warned in tick.warnings]
    assert [w.name for w in warned] == ["codebook collapse"]
    assert ticks[-1].terms["autoencoder/codebook_perplexity"] < 1.5


def test_a_healthy_codebook_is_not_warned_of() -> None:
    ticks = []
    loop_of(model_of("averages", entries=64), **BY_HEART).run(ticks.append, lambda: None)
    assert not [warned for tick in ticks for warned in tick.warnings]
    assert ticks[-1].terms["autoencoder/code_entropy"] > 0.5


def test_a_codebook_that_the_images_cannot_fill_is_refused_before_training(tmp_path: Path) -> None:
    config = small_config("vqvae", entries=65)
    said = "65 entries is larger than the training set, which has 64 tokens"
    with pytest.raises(ConfigError, match=said):
        train(RunConfig(model=config, recipe=small_recipe()), blob_set(8, height=8, width=16), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert isinstance(config, Config)
    replace(config, entries=64).build((1, 8, 16)).check_training_set(8)


@pytest.mark.parametrize(
    ("options", "fullest"),
    [
        ({"quantiser": "scalar", "levels": (5, 5, 3)}, 75),
        ({"quantiser": "signs", "latent_channels": 7}, 128),
        ({"quantiser": "residual", "entries": 40}, 40),
    ],
)
def test_every_kind_of_codes_is_held_against_the_training_set(options: dict[str, Any], fullest: int) -> None:
    """Scalar and sign codes take one of all combinations; residual ones one of each book after the other."""
    model = Config(**options, widths=(8,), patch=4).build((1, 8, 16))
    model.check_training_set(-(-fullest // 8))
    with pytest.raises(ConfigError, match=f"a codebook of {fullest} entries is larger"):
        model.check_training_set((fullest - 1) // 8)


def test_an_unknown_quantiser_is_refused() -> None:
    with pytest.raises(ConfigError, match="got 'lattice'"):
        small_model("vqvae", quantiser="lattice")
