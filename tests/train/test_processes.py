"""Two processes train as one: same gradients, same weights on both, one writer, one decision to stop."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from ddp_parts import FAMILIES, NO_MEANS, draw_as_two, feed, feed_for, last_gradients, no_mean, one_step_gradients
from safetensors.torch import load_file
from small_models import differing, small_model, small_recipe, trained_base
from torch import Tensor

from acutance.models import Batch
from acutance.rng import rng_for

WORKER = Path(__file__).with_name("ddp_worker.py")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which two processes have done everything that the tests look at."""
    folder = tmp_path_factory.mktemp("processes")
    shutil.copytree(trained_base(), folder / "base")
    launch = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [sys.executable, "-m", *launch, str(WORKER), str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    finished = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=500)
    assert finished.returncode == 0, finished.stderr[-4000:]
    return folder


def both(folder: Path, name: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    first, second = (load_file(folder / f"{name}-{rank}.safetensors") for rank in (0, 1))
    return first, second


def gradients_of_halves(family: str) -> dict[str, Tensor]:
    """What one process computes from the two halves of the batch, each with its own process's noise."""
    model = small_model(family)
    images = feed_for(model).batch(small_recipe().batch_size, 3, 0)
    for player in model.players():
        generators = [rng_for(3, 0, player.name, rank) for rank in (0, 1)]
        losses = [player.objective(Batch(half), g).total for half, g in zip(images.chunk(2), generators, strict=True)]
        mine = list(player.objective.parameters())
        for parameter, gradient in zip(mine, torch.autograd.grad(sum(losses) / 2, mine), strict=True):
            parameter.grad = gradient
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def assert_equal_gradients(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    scale = max(gradient.abs().max().item() for gradient in expected.values())
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6 * scale, msg=name)


@pytest.mark.parametrize("name", NO_MEANS)
def test_the_gradients_of_what_is_no_mean_over_images_are_those_of_one_process(done: Path, name: str) -> None:
    """A likelihood at the whole batch's best scale, an entropy of mean shares, a root of a mean square."""
    model = no_mean(name, done)
    draw_as_two(model)
    expected = last_gradients(model.train())
    assert expected
    for found in both(done, name):
        assert_equal_gradients({key: found[key] for key in expected}, expected)


def test_without_noise_the_gradients_are_those_of_one_process(done: Path) -> None:
    expected = one_step_gradients("ae")
    assert expected
    for found in both(done, "ae-gradients"):
        assert_equal_gradients(found, expected)


def test_the_gradients_of_both_players_are_averaged(done: Path) -> None:
    expected = gradients_of_halves("gan")
    assert len(expected) == sum(1 for _ in small_model("gan").parameters())
    for found in both(done, "gan-gradients"):
        assert_equal_gradients(found, expected)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("which", ["gradients", "live", "average"])
def test_both_processes_hold_the_same(done: Path, family: str, which: str) -> None:
    first, second = both(done, f"{family}-{which}")
    assert not differing(first, second)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_processes_draw_different_noise_but_log_the_same_means(done: Path, family: str) -> None:
    first, second = (json.loads((done / f"{family}-terms-{rank}.json").read_text()) for rank in (0, 1))
    assert first == second
    assert len(first) == 4


def test_without_noise_training_ends_where_one_process_ends(done: Path) -> None:
    from acutance.train import Loop

    alone = Loop(small_model("ae"), small_recipe(), feed(), seed=3)
    alone.run(lambda now: None, lambda: None)
    found, _ = both(done, "ae-average")
    for name, value in alone.ema.average.state_dict().items():
        torch.testing.assert_close(found[name], value, rtol=1e-3, atol=1e-4, msg=name)


def test_a_stop_that_reaches_one_process_stops_both_at_the_same_tick(done: Path) -> None:
    steps = [json.loads((done / f"stopped-{rank}.json").read_text()) for rank in (0, 1)]
    assert steps == [6, 6]


def test_one_process_writes_the_run(done: Path) -> None:
    wrote = [json.loads((done / f"wrote-{rank}.json").read_text()) for rank in (0, 1)]
    assert len(wrote[0]) > 5
    assert wrote[1] == []
    first, second = both(done, "run")
    assert not differing(first, second)
    assert not differing(first, load_file(done / "run" / "model.safetensors"))
    lines = [json.loads(line) for line in (done / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [3, 6, 9, 12]
    assert len(list((done / "run" / "tensorboard").iterdir())) == 1
    assert not list((done / "run").glob(".*"))
    record = json.loads((done / "run" / "run.json").read_text())
    assert (record["finished"], record["processes"]) == (True, 2)


def test_both_are_refused_and_both_get_a_finished_run(done: Path) -> None:
    for rank in (0, 1):
        assert "already holds a run" in (done / f"refused-{rank}.txt").read_text()
        assert "cannot be shared equally over 2 processes" in (done / f"odd-{rank}.txt").read_text()
    assert not (done / "odd").exists()
    first, second = both(done, "again")
    assert not differing(first, second)


def test_an_interrupted_run_of_two_goes_on_bit_for_bit(done: Path) -> None:
    for rank in (0, 1):
        assert "48 of 96 images" in (done / f"interrupted-{rank}.txt").read_text()
        parts, whole = (load_file(done / f"{name}-{rank}.safetensors") for name in ("parts", "whole"))
        assert not differing(parts, whole)
