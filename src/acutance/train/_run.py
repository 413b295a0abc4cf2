"""A run folder: what was asked, where it stands, what came out."""

from __future__ import annotations

import json
import platform
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from acutance.catalog import did_you_mean
from acutance.data import ImageSet, batch_indices
from acutance.errors import AcutanceError, ConfigError
from acutance.models._base import Model, ModelConfig, describe, replace_file
from acutance.models._recipe import Recipe
from acutance.models._store import from_pretrained
from acutance.train._checkpoint import NAME, Checkpoint
from acutance.train._listeners import JsonLog, Listener, TensorBoard
from acutance.train._loop import Loop, Tick

__all__ = ["Interrupted", "RunConfig", "train"]

SCHEMA = "acutance.run/1"


class Interrupted(AcutanceError):
    """A run was stopped by the user; what was trained so far is saved."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that decides a run's outcome, besides the images.

    Attributes:
        model: the family's config.
        recipe: how it is trained.
        seed: of initialisation, order and noise.
    """

    model: ModelConfig
    recipe: Recipe
    seed: int = 0


class _Feed:
    """An image set as the loop wants it."""

    def __init__(self, images: ImageSet) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, batch_size: int, seed: int, step: int) -> Tensor:
        return self.images.tensor(batch_indices(len(self.images), batch_size, seed, step))


def train(
    config: RunConfig,
    images: ImageSet,
    folder: Path,
    *,
    resume: bool = False,
    held_out: ImageSet | None = None,
    listeners: Sequence[Listener] = (),
) -> Model:
    """Trains a model and leaves it, its log and its checkpoint in a folder.

    Args:
        config: what to train and how.
        images: what on.
        folder: the run's; made if missing.
        resume: go on with the run that is in the folder (from its start, if it had not come to a checkpoint).
        held_out: shown in TensorBoard; never trained on.
        listeners: told of progress, in this process.

    Returns:
        The averaged model, in evaluation mode.

    Raises:
        ConfigError: the folder holds another run, or `resume` was asked for with other settings.
        NonFiniteLoss: the loss stopped being a number; the last checkpoint is good.
        Interrupted: Ctrl-C; the checkpoint is written.
    """
    wanted = _asked(config, images)
    before = _claim(folder, wanted, resume)
    if before is not None and before.get("finished"):
        return from_pretrained(folder)
    torch.manual_seed(config.seed)
    model = config.model.build(images.shape)
    loop = Loop(model, config.recipe, _Feed(images), config.seed)
    saver = _Saver(folder, loop, wanted)
    saver.restore()
    main = loop.accelerator.is_main_process
    with ExitStack() as stack:
        ears = [*listeners, JsonLog(folder), TensorBoard(folder, config.recipe, held_out)] if main else []
        for ear in ears:
            stack.enter_context(ear.listening(loop))
        stop = stack.enter_context(_polite_interrupt())

        def tick(now: Tick) -> None:
            saver.seconds = saver.seconds_before + now.seconds
            for ear in ears:
                ear.tick(now)

        loop.run(tick, saver.save, stop)
    if stop.is_set() and loop.step < loop.total_steps:
        done = f"{loop.step * config.recipe.batch_size:,} of {config.recipe.images:,} images"
        raise Interrupted(f"stopped after {done}; everything is saved in {folder}: go on with --resume")
    saver.finish()
    return from_pretrained(folder)


def _asked(config: RunConfig, images: ImageSet) -> dict[str, Any]:
    """What makes two runs the same run, as JSON values."""
    asked = {
        "schema": SCHEMA,
        "model": {"family": type(config.model).__module__.rpartition(".")[2], "config": asdict(config.model)},
        "recipe": asdict(config.recipe),
        "seed": config.seed,
        "data": {
            "source": images.source,
            "images": len(images),
            "shape": list(images.shape),
            "fingerprint": images.fingerprint,
            "skipped": [f"{s.name}: {s.reason}" for s in images.skipped],
        },
    }
    plain: dict[str, Any] = json.loads(json.dumps(asked))
    return plain


def _claim(folder: Path, wanted: dict[str, Any], resume: bool) -> dict[str, Any] | None:
    """Takes the folder for this run; returns what stands in it if it is this run already."""
    file = folder / "run.json"
    if not file.exists():
        if folder.exists() and (folder / "config.json").exists():
            raise ConfigError(f"{folder} holds a model that is not a run: choose another folder for --out")
        folder.mkdir(parents=True, exist_ok=True)
        _write_json(file, {**wanted, "made_with": made_with(), "finished": False})
        return None
    if not resume:
        raise ConfigError(f"{folder} already holds a run: go on with --resume, or choose another folder for --out")
    before: dict[str, Any] = json.loads(file.read_text())
    changed = sorted(_differences({k: before.get(k) for k in wanted}, wanted))
    if changed:
        raise ConfigError(
            f"{folder} holds a run with other settings: {'; '.join(changed)}. "
            "Repeat the settings of its run.json to resume it, or choose another folder for --out"
        )
    return before


def _differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {*old, *new}:
            yield from _differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif old != new:
        yield f"{path} was {old!r}, now {new!r}"


def _write_json(file: Path, values: dict[str, Any]) -> None:
    text = json.dumps(values, indent=2, sort_keys=True) + "\n"
    replace_file(file, lambda temporary: temporary.write_text(text))


def made_with() -> dict[str, str]:
    """Versions and machine, for the record."""
    names = ("acutance", "torch", "numpy", "accelerate")
    found = {name: _version(name) for name in names}
    found["python"] = platform.python_version()
    found["machine"] = f"{platform.machine()}, {torch.get_num_threads()} threads"
    if torch.cuda.is_available():
        found["machine"] += f", {torch.cuda.get_device_name()}"
    return found


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


class _Saver:
    """Keeps a run's files; only the main process writes."""

    def __init__(self, folder: Path, loop: Loop, wanted: dict[str, Any]) -> None:
        self.folder = folder
        self.loop = loop
        self.wanted = wanted
        self.seconds_before = 0.0
        self.seconds = 0.0
        modules = {"live": loop.model, "average": loop.ema.average}
        self.checkpoint = Checkpoint(modules, {side.player.name: side.optimizer for side in loop.sides})

    def restore(self) -> None:
        """Puts the loop where the last checkpoint left it, if there is one."""
        file = self.folder / NAME
        if file.exists():
            facts = self.checkpoint.load(file)
            self.loop.resume_at(facts["step"], facts["watch"])
            self.seconds_before = facts["seconds"]

    def save(self) -> None:
        """Writes the checkpoint."""
        if self.loop.accelerator.is_main_process:
            facts = {"step": self.loop.step, "watch": self.loop.watch.state(), "seconds": self.seconds}
            self.checkpoint.save(self.folder / NAME, facts)
        self.loop.accelerator.wait_for_everyone()

    def finish(self) -> None:
        """Writes the averaged model and closes the record."""
        if self.loop.accelerator.is_main_process:
            self.loop.ema.average.save_pretrained(self.folder)
            record = {
                **self.wanted,
                "made_with": made_with(),
                "precision": self.loop.accelerator.mixed_precision,
                "finished": True,
                "seconds": round(self.seconds, 1),
                "warnings": [str(warned) for warned in self.loop.watch.warned],
            }
            _write_json(self.folder / "run.json", record)
        self.loop.accelerator.wait_for_everyone()


@contextmanager
def _polite_interrupt() -> Iterator[threading.Event]:
    """Ctrl-C sets a flag, so that a step is never left half done; a second Ctrl-C stops at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    previous = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, previous)


_ = (did_you_mean, describe)
