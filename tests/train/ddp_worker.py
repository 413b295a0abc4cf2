"""What each of two processes does in test_processes.py: `python -m torch.distributed.run ... ddp_worker.py FOLDER`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
torch.set_num_threads(1)

from ddp_parts import (  # noqa: E402
    FAMILIES,
    NO_MEANS,
    feed,
    feed_for,
    no_mean,
    one_step_gradients,
    step_gradients,
    stop_after,
)
from small_models import blob_set, small_config, small_model, small_recipe, weights  # noqa: E402

from acutance.errors import ConfigError  # noqa: E402
from acutance.train import Interrupted, Loop, RunConfig, train  # noqa: E402


def keep(folder: Path, name: str, tensors: dict[str, torch.Tensor]) -> None:
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / name)


def note_writing(folder: Path) -> list[str]:
    """A list that grows with every file this process makes, changes or renames in a folder."""
    seen: list[str] = []

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if (writes or event in {"os.rename", "os.mkdir", "os.remove"}) and str(folder) in str(arguments[0]):
            seen.append(f"{event} {arguments[0]}")

    sys.addaudithook(hook)
    return seen


def gradients(folder: Path, rank: int) -> None:
    for family in FAMILIES:
        keep(folder, f"{family}-gradients-{rank}.safetensors", one_step_gradients(family))
    for name in NO_MEANS:
        keep(folder, f"{name}-{rank}.safetensors", step_gradients(no_mean(name, folder)))


def trained(folder: Path, rank: int) -> None:
    for family in FAMILIES:
        torch.manual_seed(0)
        model = small_model(family)
        loop = Loop(model, small_recipe(), feed_for(model), seed=3)
        ticks = []
        loop.run(ticks.append, lambda: None)
        keep(folder, f"{family}-live-{rank}.safetensors", weights(loop.model))
        keep(folder, f"{family}-average-{rank}.safetensors", weights(loop.ema.average))
        (folder / f"{family}-terms-{rank}.json").write_text(json.dumps([tick.terms for tick in ticks]))


def stopped_by_one(folder: Path, rank: int) -> None:
    """Ctrl-C reaches one process only: both must stop, at the same step."""
    loop = Loop(small_model("vae"), small_recipe(), feed(), seed=3)
    loop.run(lambda now: None, lambda: None, stop_after(2 if rank == 1 else 1000))
    (folder / f"stopped-{rank}.json").write_text(json.dumps(loop.step))


def whole_run(folder: Path, rank: int) -> None:
    config = RunConfig(model=small_config("vae"), recipe=small_recipe())
    seen = note_writing(folder / "run")
    model = train(config, blob_set(), folder / "run")
    (folder / f"wrote-{rank}.json").write_text(json.dumps(seen))
    keep(folder, f"run-{rank}.safetensors", weights(model))
    try:
        train(config, blob_set(), folder / "run")
    except ConfigError as error:
        (folder / f"refused-{rank}.txt").write_text(str(error))
    keep(folder, f"again-{rank}.safetensors", weights(train(config, blob_set(), folder / "run", resume=True)))
    odd = RunConfig(model=config.model, recipe=small_recipe(batch_size=7))
    try:
        train(odd, blob_set(), folder / "odd")
    except ConfigError as error:
        (folder / f"odd-{rank}.txt").write_text(str(error))


def interrupted_run(folder: Path, rank: int) -> None:
    """Stops half-way, with its terms between two ticks in the checkpoint, and goes on."""
    from acutance.train import _run

    config = RunConfig(model=small_config("gan"), recipe=small_recipe())
    unbroken = train(config, blob_set(), folder / "whole")
    before = _run.polite_interrupt

    def at_once():  # type: ignore[no-untyped-def]
        import contextlib

        return contextlib.nullcontext(stop_after(2))

    _run.polite_interrupt = at_once
    try:
        train(config, blob_set(), folder / "parts")
    except Interrupted as stop:
        (folder / f"interrupted-{rank}.txt").write_text(str(stop))
    _run.polite_interrupt = before
    resumed = train(config, blob_set(), folder / "parts", resume=True)
    keep(folder, f"whole-{rank}.safetensors", weights(unbroken))
    keep(folder, f"parts-{rank}.safetensors", weights(resumed))


if __name__ == "__main__":
    target = Path(sys.argv[1])
    this = int(os.environ["RANK"])
    for part in (gradients, trained, stopped_by_one, whole_run, interrupted_run):
        part(target, this)
