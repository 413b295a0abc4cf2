"""Who is told how a run goes: a log file, TensorBoard, a progress bar."""

from __future__ import annotations

import abc
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, final

import numpy as np
import torch
from numpy.typing import NDArray

from acutance.data import TrainingSet
from acutance.models._base import Autoencoder, Generator, Model, Translator
from acutance.models._recipe import Recipe
from acutance.models._whole_file import replace_file
from acutance.rng import rng_for
from acutance.train._loop import Loop, Tick

__all__ = ["JsonLog", "Listener", "TensorBoard"]

logger = logging.getLogger("acutance")
_SHOWN = 16


class Listener(abc.ABC):
    """Told of every tick of a run."""

    @abc.abstractmethod
    @contextmanager
    def listening(self, loop: Loop) -> Iterator[None]:
        """Opens before the first step (which is not 0 on a resumed run) and closes after the last."""

    @abc.abstractmethod
    def tick(self, now: Tick) -> None:
        """Takes what happened since the last tick."""


@final
class JsonLog(Listener):
    """One JSON object a line in log.jsonl; on a resumed run, lines behind the checkpoint are dropped first."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "log.jsonl"
        self._out: TextIO | None = None

    @contextmanager
    def listening(self, loop: Loop) -> Iterator[None]:
        """Keeps the lines up to the step at which the run goes on."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        kept = "".join(line + "\n" for line in lines if _step_of(line) <= loop.step)
        replace_file(self.file, lambda temporary: temporary.write_text(kept))
        with self.file.open("a") as self._out:
            yield

    def tick(self, now: Tick) -> None:
        """Writes a line, and says every warning."""
        assert self._out is not None
        line: dict[str, Any] = {"step": now.step, "images": now.images, "seconds": round(now.seconds, 3), **now.terms}
        if now.warnings:
            line["warnings"] = [str(w) for w in now.warnings]
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()
        for warned in now.warnings:
            logger.warning("%s", warned)


def _step_of(line: str) -> int:
    """The step of a log line; a torn last line counts as beyond every checkpoint."""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return 1 << 62


@final
class TensorBoard(Listener):
    """Scalars, and pictures of held-out images by the averaged model."""

    def __init__(self, folder: Path, recipe: Recipe, held_out: TrainingSet | None) -> None:
        self.folder = folder / "tensorboard"
        self.every = recipe.picture_images
        self.images = held_out.tensor(np.arange(min(_SHOWN, len(held_out)))) if held_out is not None else None

    @contextmanager
    def listening(self, loop: Loop) -> Iterator[None]:
        """Events behind the step at which the run goes on are purged."""
        # Here, because TensorBoard takes a second to import and only training needs it.
        from torch.utils.tensorboard.writer import SummaryWriter

        self._model = loop.ema.average
        self._device = loop.device
        self._images = loop.step * loop.recipe.batch_size
        self._writer = SummaryWriter(str(self.folder), purge_step=loop.step + 1)
        try:
            yield
        finally:
            self._writer.close()

    def tick(self, now: Tick) -> None:
        """Writes the scalars, and the pictures when they are due."""
        for name, value in now.terms.items():
            self._writer.add_scalar(name, value, now.step)
        before, self._images = self._images, now.images
        if self.every and now.images // self.every > before // self.every:
            sheet = self._sheet(self._model)
            if sheet is not None:
                self._writer.add_image("pictures", sheet, now.step, dataformats="HWC")

    @torch.no_grad()
    def _sheet(self, model: Model) -> NDArray[np.uint8] | None:
        """Rows of pictures: originals, reconstructions, samples, or inputs, outputs, targets."""
        rows = []
        columns = _SHOWN if self.images is None else len(self.images)
        if self.images is not None and isinstance(model, Autoencoder):
            images = self.images.to(self._device)
            rows += [images, model.reconstruct(images)]
        if self.images is not None and isinstance(model, Translator):
            inputs, targets = self.images.to(self._device).chunk(2, dim=1)
            rows += [inputs, model.translate(inputs, rng_for(0, "pictures", device=self._device)), targets]
        if isinstance(model, Generator):
            rows.append(model.sample(columns, seed=0))
        if not rows:
            return None
        sheet = torch.cat([torch.cat(list(row.cpu()), dim=2) for row in rows], dim=1)
        return (sheet.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
