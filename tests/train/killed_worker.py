"""Trains a run that is killed again and again: `killed_worker.py FOLDER FAMILY`.

Every attempt is a process of its own (a fork of this one, which has torch imported and no threads), killed by SIGKILL.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch.utils.tensorboard.writer import SummaryWriter as _imported_before_the_forks  # noqa: F401

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
torch.set_num_threads(1)

from small_models import blob_set, small_config, small_recipe  # noqa: E402

from acutance.train import Interrupted, RunConfig, train  # noqa: E402

KILLS = 6
MOST_KILLS = 12
STEPS = 60


def attempt(config: RunConfig, folder: Path) -> int:
    """Starts or goes on with the run in a process of its own."""
    child = os.fork()
    if child == 0:
        try:
            train(config, blob_set(), folder, resume=True)
        except Interrupted as stop:
            (folder / "said.txt").write_text(str(stop))
            os._exit(3)
        except BaseException as error:
            (folder / "failed.txt").write_text(repr(error))
            os._exit(1)
        os._exit(0)
    return child


def lines(folder: Path) -> int:
    log = folder / "log.jsonl"
    return log.read_bytes().count(b"\n") if log.exists() else 0


def writing(folder: Path) -> bool:
    return any(folder.glob(".checkpoint.safetensors.*.tmp"))


def wait_until(condition: Callable[[], bool], child: int) -> bool:
    """Whether the condition came true before the child was done."""
    while not condition():
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(0.0002)
    return True


def stop_by(number: int, config: RunConfig, folder: Path, draw: random.Random, in_a_write: bool) -> dict[str, object]:
    """One attempt that a signal ends: a little after some progress, or while a checkpoint is being written."""
    enough = lines(folder) + draw.randint(1, 4)
    child = attempt(config, folder)
    alive = wait_until(lambda: lines(folder) >= enough, child)
    if alive and in_a_write:
        alive = wait_until(lambda: writing(folder), child)
    elif alive:
        time.sleep(draw.uniform(0, 0.03))
    if not alive:
        return {"over": True}
    os.kill(child, number)
    _, status = os.waitpid(child, 0)
    by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)
    return {"over": False, "ended_by": by, "lines": lines(folder), "torn": writing(folder)}


def main(target: Path, family: str) -> None:
    recipe = small_recipe(images=8 * STEPS, checkpoint_images=8, log_images=8)
    config = RunConfig(model=small_config(family), recipe=recipe, seed=5)
    os.waitpid(attempt(config, target / "whole"), 0)
    draw, story = random.Random(0), []
    for number in range(MOST_KILLS):
        if number >= KILLS and any(told.get("torn") for told in story):
            break
        in_a_write = number % 2 == 1 or number >= KILLS
        story.append(stop_by(signal.SIGKILL, config, target / "parts", draw, in_a_write=in_a_write))
    story.append(stop_by(signal.SIGINT, config, target / "parts", draw, in_a_write=False))
    _, status = os.waitpid(attempt(config, target / "parts"), 0)
    (target / "story.json").write_text(json.dumps({"attempts": story, "status": status}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
