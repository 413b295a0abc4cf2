"""A whole run: from a config and images to a trained model in a folder."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import final

import torch

from acutance.data import PairSet, TrainingSet
from acutance.errors import ConfigError
from acutance.models._base import ImageShape, Model, ModelConfig
from acutance.models._recipe import Recipe
from acutance.models._store import from_pretrained
from acutance.rng import streams_kept
from acutance.train._checkpoint import NAME, Checkpoint
from acutance.train._feed import Feed
from acutance.train._folder import RunConfig, RunFolder
from acutance.train._interrupt import Interrupted, polite_interrupt
from acutance.train._listeners import JsonLog, Listener, TensorBoard
from acutance.train._loop import Loop, Tick
from acutance.train._precision import precision_for

__all__ = ["check_kind", "train"]

_log = logging.getLogger("acutance")


def train(
    config: RunConfig,
    images: TrainingSet,
    folder: Path,
    *,
    resume: bool = False,
    held_out: TrainingSet | None = None,
    listeners: Sequence[Listener] = (),
) -> Model:
    """Trains a model and leaves it, its log and its checkpoint in a folder.

    Args:
        config: what to train and how.
        images: what on; pairs for a family that learns from pairs.
        folder: the run's; made if missing.
        resume: go on with the run that is in the folder (from its start, if it had not come to a checkpoint).
        held_out: shown in TensorBoard; never trained on.
        listeners: told of progress, in the main process.

    Returns:
        The averaged model, in evaluation mode.

    Raises:
        ConfigError: the config fits no such images, or learns from pairs and is given single images or the other way
            round; the folder holds another run, or `resume` was asked for with other settings.
        InputError: the checkpoint is damaged.
        NonFiniteLoss: the loss stopped being a number; the last checkpoint is good.
        Interrupted: Ctrl-C; the checkpoint is written.
    """
    check_kind(config.model, images)
    run = RunFolder(folder, config, images)
    if run.check(resume):
        return from_pretrained(folder)
    model = _initial(config, images.shape)
    model.check_training_set(len(images))
    begun = run.begun_in()
    recipe = config.recipe if begun is None else replace(config.recipe, precision=begun)
    loop = Loop(model, recipe, Feed(images, recipe.mirror), config.seed)
    _tell_precision(config.recipe, loop)
    if (unused := model.unused_within(loop.total_steps)) and loop.is_main:
        _log.warning(unused)
    saver = _Saver(run, loop)
    with ExitStack() as stack:
        stop = stack.enter_context(polite_interrupt())
        saver.open()
        ears = [*listeners, JsonLog(folder), TensorBoard(folder, config.recipe, held_out)] if loop.is_main else []
        for ear in ears:
            stack.enter_context(ear.listening(loop))

        def tick(now: Tick) -> None:
            for ear in ears:
                ear.tick(now)

        loop.run(tick, saver.save, stop)
    if not loop.finished:
        done = f"{loop.step * config.recipe.batch_size:,} of {config.recipe.images:,} images"
        raise Interrupted(f"stopped after {done}; everything is saved in {folder}: go on with --resume")
    saver.close()
    return from_pretrained(folder)


def check_kind(config: ModelConfig, images: TrainingSet) -> None:
    """Refuses images of which a family cannot learn.

    Args:
        config: of the family.
        images: single images, or pairs of an input and its target.

    Raises:
        ConfigError: a family that learns from pairs is given single images, or the other way round.
    """
    wanted, came = config.learns_from, "pairs" if isinstance(images, PairSet) else "images"
    if wanted == came:
        return
    family = type(config).__module__.rpartition(".")[2]
    if wanted == "pairs":
        raise ConfigError(
            f"{family} learns from pairs of an input and its target, {images.source!r} gives single images: open "
            "pairs, e.g. builtin:icon-pairs, pairs:INPUTS:TARGETS, ab:FOLDER or edges:SOURCE"
        )
    raise ConfigError(
        f"{family} learns from single images, {images.source!r} gives pairs of an input and its target: give one side "
        "alone, or train pix2pix on them"
    )


def _tell_precision(recipe: Recipe, loop: Loop) -> None:
    """Where a run goes on in another arithmetic than it would begin in here."""
    here = precision_for(recipe.precision, loop.device)
    if loop.precision != here and loop.is_main:
        _log.warning(
            "this run began in %s and goes on in it, so that it is one run; begun on this processor, it would be in %s",
            loop.precision,
            here,
        )


def _initial(config: RunConfig, shape: ImageShape) -> Model:
    """The model as the seed makes it; the caller's own random state is left alone."""
    with streams_kept():
        torch.manual_seed(config.seed)
        return config.model.build(shape)


@final
class _Saver:
    """Keeps a run's files. All processes read, the main one writes, and they wait for one another in between."""

    def __init__(self, run: RunFolder, loop: Loop) -> None:
        self.run = run
        self.loop = loop
        self.file = run.path / NAME
        modules = {"live": loop.model, "average": loop.ema.average}
        self.checkpoint = Checkpoint(modules, {side.player.name: side.optimizer for side in loop.sides})

    def open(self) -> None:
        """Takes the folder, and puts the loop where the last checkpoint left it, if there is one."""
        self.loop.accelerator.wait_for_everyone()
        if self.loop.is_main:
            self.run.claim(self.loop.precision)
        if self.file.exists():
            self.loop.resume(self.checkpoint.load(self.file))
        self.loop.accelerator.wait_for_everyone()

    def save(self) -> None:
        """Writes the checkpoint."""
        if self.loop.is_main:
            self.checkpoint.save(self.file, self.loop.state())
        self.loop.accelerator.wait_for_everyone()

    def close(self) -> None:
        """Writes the averaged model and closes the record."""
        if self.loop.is_main:
            self.loop.ema.average.save_pretrained(self.run.path)
            self.run.close(
                precision=self.loop.precision,
                processes=self.loop.world,
                seconds=round(self.loop.seconds, 1),
                warnings=[str(warned) for warned in self.loop.terms.watch.warned],
            )
        self.loop.accelerator.wait_for_everyone()
