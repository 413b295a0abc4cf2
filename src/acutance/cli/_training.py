"""A training run: checked before it starts, followed while it goes, told of when it is done."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import final

from acutance.cli._exit import Stopped
from acutance.cli._images import either, opened, shape_text
from acutance.cli._run_options import Asked
from acutance.cli._terminal import Terminal, at_work
from acutance.data import PairSet, TrainingSet
from acutance.errors import ConfigError
from acutance.models import Autoencoder, Model, Translator, presets
from acutance.train import Feed, Interrupted, Listener, Loop, Tick, check_kind, read_record, train

__all__ = ["begin"]

_TIMED_STEPS = 12
_WARM_STEPS = 4
_LARGE_PX, _FEW, _LONG_S = 64, 2, 1800.0


def begin(asked: Asked) -> None:
    """Trains as asked, or says what training would be.

    Raises:
        ConfigError: the folder is taken, or the images do not fit the model.
        Stopped: Ctrl-C; the run can be resumed.
    """
    _check_folder(asked)
    with at_work(asked.common) as terminal:
        images = _data(asked, terminal)
        training, held_out = images.split(asked.held_out)
        model = asked.config.model.build(images.shape)
        model.check_training_set(len(training))
        _introduce(asked, model, training, held_out, terminal)
        if asked.dry_run:
            _tell_settings(asked, terminal)
            _tell_time(asked, model, training, terminal)
            return
        if asked.resume:
            _tell_progress(asked.out, terminal)
        _caution(asked, model, training, terminal)
        trained = _train(asked, training, held_out, terminal)
        _tell_result(asked, trained, terminal)


def _data(asked: Asked, terminal: Terminal) -> TrainingSet:
    """The images, or the pairs, that the family learns from.

    Raises:
        ConfigError: these are pairs, and it learns from single images, or the other way round.
        SourceError: pairs that do not pair up.
    """
    images = opened(asked.data.data, terminal, size=asked.data.size, channels=asked.data.channels)
    found = either(images)
    check_kind(asked.config.model, found)
    return found


def _check_folder(asked: Asked) -> None:
    """Before any work: `train` itself looks again, and closer."""
    out = asked.out
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out} is a file; name a folder")
    run = (out / "run.json").exists()
    holds = out.exists() and any(not path.name.startswith(".") for path in out.iterdir())
    if run and not asked.resume:
        raise ConfigError(f"--out {out} already holds a run; go on with it with --resume, or choose another folder")
    if holds and not run:
        raise ConfigError(f"--out {out} has files in it that are no run; choose another folder")


def _introduce(asked: Asked, model: Model, training: TrainingSet, held_out: TrainingSet, terminal: Terminal) -> None:
    recipe = asked.config.recipe
    numbers = sum(p.numel() for p in model.parameters() if p.requires_grad)
    steps = -(-recipe.images // recipe.batch_size)
    shape = shape_text(training.shape)
    what = "pairs" if isinstance(training, PairSet) else "images"
    terminal.step(f"{asked.data.data}: {len(training):,} {what} to train on, {len(held_out):,} held out, {shape}")
    terminal.step(
        f"{asked.preset}: {numbers:,} parameters, {steps:,} steps of {recipe.batch_size} images, to {asked.out}"
    )
    made_for = presets()[asked.preset].shape
    if made_for not in (None, training.shape) and not asked.resume:
        terminal.warn(
            f"{asked.preset} was made for images of {shape_text(made_for)}, these are {shape}: it trains, and its "
            f"options may be the wrong ones; give --size {made_for[1]} --channels {made_for[0]}, or take a preset "
            "without a size"
        )


def _tell_progress(out: Path, terminal: Terminal) -> None:
    if not (out / "run.json").exists():
        terminal.step(f"there is no run in {out} yet: it begins now")
    elif read_record(out).get("finished") is True:
        terminal.step("this run is finished: nothing is left to train")


def _train(asked: Asked, training: TrainingSet, held_out: TrainingSet, terminal: Terminal) -> Model:
    listeners = [_Notes(asked), *terminal.listeners(asked.preset)]
    try:
        return train(asked.config, training, asked.out, resume=asked.resume, held_out=held_out, listeners=listeners)
    except Interrupted as stop:
        raise Stopped(f"{str(stop).partition(':')[0]}; go on with\n  {asked.again}") from stop


@final
class _Notes(Listener):
    """Writes beside the run's record how it was asked for."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    @contextmanager
    def listening(self, loop: Loop) -> Iterator[None]:
        """Writes it, once the folder is the run's."""
        self.asked.keep()
        yield

    def tick(self, now: Tick) -> None:
        """Nothing: all was known at the start."""


def _tell_settings(asked: Asked, terminal: Terminal) -> None:
    """Every setting with its value."""
    config = asked.config
    told = {"seed": config.seed, "held_out": asked.held_out}
    for part in (config.model, config.recipe):
        told |= {f.name: getattr(part, f.name) for f in fields(part)}
    for name, value in told.items():
        if not isinstance(value, dict):
            shown = " ".join(map(str, value)) if isinstance(value, tuple) else value
            terminal.say(f"  --{name.replace('_', '-'):<24} {shown}")


def _tell_time(asked: Asked, model: Model, training: TrainingSet, terminal: Terminal) -> None:
    """How long it would take."""
    batch_size = asked.config.recipe.batch_size
    step, precision = _timed(asked, model, training, batch_size, _TIMED_STEPS)
    steps = -(-asked.config.recipe.images // batch_size)
    terminal.say(
        f"about {_duration(step * steps)} at {batch_size / step:,.0f} images/s in {precision}, from "
        f"{_TIMED_STEPS} steps taken now; nothing was written"
    )


def _caution(asked: Asked, model: Model, training: TrainingSet, terminal: Terminal) -> None:
    """Where large images meet no --size: how long that takes, before it does; judged by few images at a time."""
    _, height, width = training.shape
    asked_for = asked.data.size is not None or asked.resume or os.environ.get("WORLD_SIZE", "1") != "1"
    if height * width <= _LARGE_PX**2 or asked_for:
        return
    step, _ = _timed(asked, model, training, _FEW, _WARM_STEPS + 2)
    seconds = step / _FEW * asked.config.recipe.images
    if seconds > _LONG_S:
        terminal.warn(
            f"no --size was given, and {asked.config.recipe.images:,} images of {width} x {height} px will take about "
            f"{_duration(seconds)} here; with --size 64 it is about {height * width / 64**2:.0f} times faster"
        )


def _timed(asked: Asked, model: Model, training: TrainingSet, batch_size: int, count: int) -> tuple[float, str]:
    """Seconds a step, and the precision, from a few steps taken now and thrown away; the model is spoilt."""
    recipe = asked.config.recipe
    short = replace(recipe, images=count * batch_size, batch_size=batch_size, log_images=batch_size)
    ticks = [time.perf_counter()]
    loop = Loop(model, short, Feed(training, recipe.mirror), asked.config.seed)
    loop.run(lambda tick: ticks.append(time.perf_counter()), lambda: None)
    return (ticks[-1] - ticks[_WARM_STEPS]) / (count - _WARM_STEPS), loop.precision  # the mean: lazy penalties count


def _tell_result(asked: Asked, model: Model, terminal: Terminal) -> None:
    record, out, source = read_record(asked.out), asked.out, asked.data.data
    terminal.say(f"{asked.preset} trained in {_duration(record['seconds'])}: {out}")
    for line in _sigma(model):
        terminal.say(line)
    for warning in record["warnings"]:
        terminal.say(f"warning while training: {warning}")
    terminal.say("next:")
    terminal.say(f"  acutance compare {out} --data {source} --out {_beside(out, 'report')}")
    if isinstance(model, Translator):
        pictures = _beside(out, "translations")
        terminal.say(f"  acutance translate {out} --data {source} --held-out-only --out {pictures}")
    elif isinstance(model, Autoencoder):
        pictures = _beside(out, "reconstructions")
        terminal.say(f"  acutance reconstruct {out} --data {source} --held-out-only --out {pictures}")
    else:
        terminal.say(f"  acutance sample {out} --n 64 --out {_beside(out, 'samples')}")
    terminal.say(f"  tensorboard --logdir {out}")


def _sigma(model: Model) -> list[str]:
    """The decoder noise that the loss amounts to (T9), where it amounts to one."""
    facts = model.facts()
    if "decoder_sigma" not in facts:
        return []
    sigma, ratio = facts["decoder_sigma"], facts["decoder_sigma_over_rmse"]
    judged = "calibrated" if 0.8 <= ratio <= 1.25 else "finer detail than this noise is not worth its rate, and is cut"
    if ratio < 0.8:
        judged = "below the error that is left: rate is spent on what the decoder cannot show"
    return [f"effective decoder sigma {sigma:.4g} of the pixel range, {ratio:.3g} times sqrt(MSE): {judged}"]


def _beside(out: Path, what: str) -> Path:
    return out.with_name(f"{out.name}-{what}")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
