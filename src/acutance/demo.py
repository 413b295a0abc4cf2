"""The main job: why is a VAE blurred and a GAN crisp? Three trainings that differ in one thing each, on one page.

The VAE (its latents on a grid, theory E); its own frozen code with the same decoder trained on under an adversarial
loss; a GAN with the same decoder and no encoder. Everything is measured on held-out icons, and the VAE is diagnosed:
where it lost the detail, and what to change.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, final

import torch

from acutance import report
from acutance.data import ImageSet, open_source
from acutance.diagnose import Comparison, Diagnosis, Progress, Subject, compare, diagnose
from acutance.models import ModelConfig, Preset, presets
from acutance.models.adversarial_decoder import Config as FrozenCodeConfig
from acutance.train import (
    Interrupted,
    Listener,
    Loop,
    RunConfig,
    Tick,
    interrupts_ignored,
    made_with,
    read_record,
    train,
)

__all__ = ["QUESTION", "SOURCE", "Work", "run_demo"]

SOURCE = "builtin:icons"
QUESTION = "Why is my VAE blurred while a GAN is crisp?"


Work = Callable[[str], AbstractContextManager[Progress]]
"""Shows work under a title, and gives what is told how far it is."""


@dataclass(frozen=True)
class _Part:
    name: str
    preset: str
    folder: str
    of: str = ""


_PARTS = (
    _Part("VAE", "spatial_vae", "vae"),
    _Part("Same code, adversarial decoder", "adversarial_decoder", "adversarial_decoder", of="vae"),
    _Part("GAN", "gan_grid", "gan"),
)


def run_demo(
    out: Path,
    *,
    seed: int = 0,
    scale: float = 1.0,
    listeners: Callable[[str], Sequence[Listener]] = lambda name: (),
    on_step: Callable[[str], None] = lambda words: None,
    work: Work = lambda title: nullcontext(lambda doing, share: None),
) -> tuple[Comparison, Diagnosis]:
    """Trains, measures, diagnoses the VAE and reports; goes on where an earlier demo in the same folder stopped.

    Args:
        out: gets a run folder for each model, report.html, comparison.json and detail-map.svg.
        seed: of everything.
        scale: multiplies the length of every training; 1 is the real demo.
        listeners: told of each training, by its name.
        on_step: told in words what happens next.
        work: shows how the diagnosis goes: a context, by a title, that gives what is told of progress.

    Raises:
        ConfigError: `out` holds a demo with other settings.
        Interrupted: Ctrl-C; the same call goes on.
    """
    start = time.perf_counter()
    on_step(f"Opening {SOURCE}")
    training, held_out = open_source(SOURCE).split()
    with _beside(_PARTS[-1], out, seed, scale, on_step):
        subjects = [_trained(part, out, training, held_out, seed, scale, listeners, on_step) for part in _PARTS[:-1]]
    subjects.append(_trained(_PARTS[-1], out, training, held_out, seed, scale, listeners, on_step))
    comparison = compare(
        subjects,
        held_out,
        seed=seed,
        on_subject=lambda name: on_step(f"Measuring {name} on {len(held_out)} held-out images"),
    )
    diagnosis = _diagnosed(subjects[0], training, held_out, out, seed, on_step, work)
    made = {
        "command": "acutance demo",
        "seed": seed,
        "training images": len(training),
        "threads": torch.get_num_threads(),
        "seconds": round(time.perf_counter() - start, 1),
        **made_with(),
    }
    comparison = replace(comparison, made=made, question=QUESTION)
    report.write(comparison, out, [diagnosis])
    return comparison, diagnosis


def _diagnosed(
    subject: Subject,
    training: ImageSet,
    held_out: ImageSet,
    out: Path,
    seed: int,
    on_step: Callable[[str], None],
    work: Work,
) -> Diagnosis:
    title = f"Diagnosing {subject.name}"
    on_step(f"{title}: where did it lose the detail?")
    try:
        with work(title) as progress:
            return diagnose(
                subject.model,
                held_out,
                name=subject.name,
                fit_images=training,
                seed=seed,
                cache=out / "cache",
                progress=progress,
                warnings=subject.warnings,
            )
    except KeyboardInterrupt as stop:
        raise Interrupted(f"stopped; everything is saved in {out}: the same command goes on") from stop


@contextmanager
def _beside(part: _Part, out: Path, seed: int, scale: float, on_step: Callable[[str], None]) -> Iterator[None]:
    """Trains a part in a process of its own meanwhile, where there are cores for two.

    Two processes with half of the threads each do more than one after the other with all of them, and suffer less when
    something else wants a core. Whatever the process leaves undone, the caller goes on with.
    """
    threads = torch.get_num_threads()
    cores = min(len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1, 2 * threads)
    if cores < 2 or torch.cuda.is_available() or (out / part.folder / "model.safetensors").exists():
        yield
        return
    half = cores // 2
    context = multiprocessing.get_context("spawn")
    told = context.Event()
    worker = context.Process(target=_train_alone, args=(part, out, seed, scale, half, told))
    on_step(f"Training {part.name} beside the others, in a process of its own")
    with interrupts_ignored():  # by the worker: a terminal sends Ctrl-C to both, and one of them is to answer it
        worker.start()
    torch.set_num_threads(half)
    try:
        yield
        on_step(f"Waiting for {part.name}, which trains beside")
        worker.join()
    except BaseException as stop:
        told.set()
        worker.join()  # it saves and ends
        if isinstance(stop, KeyboardInterrupt):
            raise Interrupted(f"stopped; everything is saved in {out}: the same command goes on") from stop
        raise
    finally:
        torch.set_num_threads(threads)


@final
class _Told(Listener):
    """Stops a training when an event is set, as Ctrl-C does, of which a second one has nothing to add."""

    def __init__(self, told: Event) -> None:
        self.told = told

    @contextmanager
    def listening(self, loop: Loop) -> Iterator[None]:
        """Waits for it from here on, when a stop loses nothing any more; it may have been set before."""
        threading.Thread(target=self._wait, daemon=True).start()
        yield

    def tick(self, now: Tick) -> None:
        """Nothing."""

    def _wait(self) -> None:
        self.told.wait()
        signal.raise_signal(signal.SIGINT)


def _train_alone(part: _Part, out: Path, seed: int, scale: float, threads: int, told: Event) -> None:
    """What the process beside does; what it has to say is in the run folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable()
    torch.set_num_threads(threads)
    training, held_out = open_source(SOURCE).split()
    with suppress(Interrupted):
        _trained(part, out, training, held_out, seed, scale, lambda name: (_Told(told),), lambda words: None)


def _trained(
    part: _Part,
    out: Path,
    training: ImageSet,
    held_out: ImageSet,
    seed: int,
    scale: float,
    listeners: Callable[[str], Sequence[Listener]],
    on_step: Callable[[str], None],
) -> Subject:
    preset = presets()[part.preset]
    config = _configured(part, preset, out, seed, scale)
    folder = out / part.folder
    if not (folder / "model.safetensors").exists():
        on_step(f"Training {part.name}: {config.recipe.images:,} images")
    model = train(
        config,
        training,
        folder,
        resume=(folder / "run.json").exists(),
        held_out=held_out,
        listeners=listeners(part.name),
    )
    record = read_record(folder)
    made: dict[str, Any] = {key: record[key] for key in ("model", "recipe", "seed", "seconds", "precision")}
    return Subject(name=part.name, model=model, made=made, warnings=tuple(record["warnings"]))


def _configured(part: _Part, preset: Preset, out: Path, seed: int, scale: float) -> RunConfig:
    recipe = replace(preset.recipe, images=max(preset.recipe.batch_size, round(preset.recipe.images * scale)))
    model: ModelConfig = preset.model
    if part.of:
        assert isinstance(model, FrozenCodeConfig)
        model = replace(model, of=str(out / part.of))
    return RunConfig(model=model, recipe=recipe, seed=seed)
