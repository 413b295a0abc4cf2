"""The one training loop: players take turns on the same batches, whatever the family."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, final

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from torch import Tensor, nn
from torch.optim import Adam

from acutance.errors import ConfigError
from acutance.models._base import Model
from acutance.models._player import Batch, Player
from acutance.models._recipe import Recipe
from acutance.nn.blocks import to_channels_last
from acutance.nn.ema import Ema
from acutance.rng import rng_for
from acutance.train._allocator import keep_freed_memory
from acutance.train._precision import precision_for
from acutance.train._schedule import learning_rate
from acutance.train._terms import Terms
from acutance.train._watch import Warned

__all__ = ["Images", "Loop", "Stop", "Tick"]


class Images(Protocol):
    """What the loop asks of the data."""

    def batch(self, batch_size: int, seed: int, step: int) -> Tensor:
        """The batch of a step: (N, C, H, W) float in [0, 1], a function of its arguments alone."""


class Stop(Protocol):
    """A flag that asks the loop to stop after the step."""

    def is_set(self) -> bool:
        """Whether the loop is to stop."""


@dataclass(frozen=True, kw_only=True)
class Tick:
    """What listeners are told, about every `log_images` images.

    Attributes:
        step: steps done.
        images: images seen.
        seconds: of training, those before a resume included.
        terms: by "player/term", the mean since the last tick, over all processes.
        warnings: that fell due.
    """

    step: int
    images: int
    seconds: float
    terms: dict[str, float]
    warnings: tuple[Warned, ...]


@dataclass
class _Side:
    """A player with its optimiser, as the loop sees it."""

    player: Player
    objective: nn.Module
    parameters: list[nn.Parameter]
    optimizer: Adam


@final
class Loop:
    """Trains a model.

    Under `accelerate launch` every process holds a copy of the model and takes its share of each batch; each player's
    objective is what is wrapped for data parallelism, so exactly its gradients are averaged.

    Args:
        model: changed in place.
        recipe: how.
        data: what on.
        seed: of every draw.

    Raises:
        ConfigError: the batch cannot be shared out equally over the processes.
    """

    def __init__(self, model: Model, recipe: Recipe, data: Images, seed: int) -> None:
        self.model, self.recipe, self.data, self.seed = model, recipe, data, seed
        # The loop casts by itself: Accelerate fixes its precision for the life of the process at the first run.
        self.accelerator = Accelerator(
            cpu=not torch.cuda.is_available(),
            mixed_precision="no",
            kwargs_handlers=[DistributedDataParallelKwargs(broadcast_buffers=False)],
        )
        self.device: torch.device = self.accelerator.device
        self.rank: int = self.accelerator.process_index
        self.world: int = self.accelerator.num_processes
        if recipe.batch_size % self.world:
            raise ConfigError(
                f"a batch of {recipe.batch_size} cannot be shared equally over {self.world} processes: "
                f"choose a multiple of {self.world}"
            )
        self.precision = precision_for(recipe.precision, self.device)
        self.step = 0
        self.total_steps = -(-recipe.images // recipe.batch_size)
        self.terms = Terms(self.total_steps, lambda values: self.accelerator.reduce(values, "mean"))
        self._seconds_before = 0.0
        self._started: float | None = None
        to_channels_last(model.to(self.device)).train()
        self.ema = Ema(model, recipe.ema_half_life_images)
        self.sides = [self._side(player) for player in model.players()]

    @property
    def is_main(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    @property
    def finished(self) -> bool:
        """Whether the recipe's images have all been seen."""
        return self.step >= self.total_steps

    @property
    def seconds(self) -> float:
        """Of training, those before a resume included."""
        return self._seconds_before + (0.0 if self._started is None else time.perf_counter() - self._started)

    def state(self) -> dict[str, Any]:
        """JSON values that a checkpoint keeps beside weights and optimisers."""
        return {"step": self.step, "seconds": self.seconds, "terms": self.terms.state()}

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from a `state`; the caller has put weights and optimisers back."""
        self.step = state["step"]
        self._seconds_before = state["seconds"]
        self.terms.restore(state["terms"])

    def run(self, on_tick: Callable[[Tick], None], checkpoint: Callable[[], None], stop: Stop | None = None) -> None:
        """Trains to the end of the recipe, or until it is asked to stop.

        Args:
            on_tick: called about every `log_images` images, and at the end.
            checkpoint: called about every `checkpoint_images` images, at the end and on a stop, and only when
                everything up to there was finite.
            stop: looked at after every step (with several processes at every tick, where they agree on it).

        Raises:
            NonFiniteLoss: with step, player and terms; the last checkpoint is untouched.
        """
        keep_freed_memory()
        self._started = time.perf_counter()
        tick_every = max(1, self.recipe.log_images // self.recipe.batch_size)
        save_every = max(1, self.recipe.checkpoint_images // self.recipe.batch_size)
        stopped = False
        with _requires_grad_kept(self.model):
            while not self.finished and not stopped:
                self._one_step()
                ticking = self.step % tick_every == 0 or self.finished
                if ticking:
                    self.terms.settle()
                    on_tick(self._tick())
                stopped = self._told_to_stop(stop, ticking)
                if self.step % save_every == 0 or self.finished or stopped:
                    self.terms.settle()
                    checkpoint()

    def _side(self, player: Player) -> _Side:
        parameters = [parameter for parameter in player.objective.parameters() if parameter.requires_grad]
        optimizer = Adam(parameters, lr=self.recipe.learning_rate, betas=player.betas, eps=1e-8, fused=True)
        return _Side(player, self.accelerator.prepare_model(player.objective), parameters, optimizer)

    def _tick(self) -> Tick:
        terms, warnings = self.terms.read()
        images = self.step * self.recipe.batch_size
        return Tick(step=self.step, images=images, seconds=self.seconds, terms=terms, warnings=warnings)

    def _told_to_stop(self, stop: Stop | None, ticking: bool) -> bool:
        if stop is None or (self.world > 1 and not ticking):
            return False
        if self.world == 1:
            return stop.is_set()
        told: Tensor = self.accelerator.reduce(torch.tensor(float(stop.is_set()), device=self.device), "sum")
        return told.item() > 0

    def _one_step(self) -> None:
        batch_size = self.recipe.batch_size
        images = self.data.batch(batch_size, self.seed, self.step)
        share = images[self.rank * batch_size // self.world : (self.rank + 1) * batch_size // self.world]
        batch = Batch(share.to(self.device, memory_format=torch.channels_last, non_blocking=True), self.step)
        rate = learning_rate(self.recipe, self.step * batch_size)
        for side in self.sides:
            if self.step >= side.player.first and self.step % side.player.every == 0:
                self._turn(side, batch, rate)
        self.step += 1
        self.ema.update(batch_size, self.step * batch_size)

    def _turn(self, side: _Side, batch: Batch, rate: float) -> None:
        """One player's step; every other player's weights stand still and collect no gradient."""
        self.model.requires_grad_(False)
        for parameter in side.parameters:
            parameter.requires_grad_(True)
        generator = rng_for(self.seed, self.step, side.player.name, self.rank, device=self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            loss = side.objective(batch, generator)
        side.optimizer.zero_grad(set_to_none=True)
        self.accelerator.backward(loss.total)
        norm = torch.nn.utils.clip_grad_norm_(side.parameters, self.recipe.clip_norm or torch.inf, foreach=True)
        for group in side.optimizer.param_groups:
            group["lr"] = rate * side.player.rate
        side.optimizer.step()
        side.player.objective.settle(rng_for(self.seed, self.step, side.player.name, "settle", device=self.device))
        self.terms.note(self.step, side.player.name, {**loss.terms, "loss": loss.total, "gradient_norm": norm})


@contextmanager
def _requires_grad_kept(model: nn.Module) -> Iterator[None]:
    """Turns switch gradients on and off; whoever gets the model afterwards finds them as they were."""
    before = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    try:
        yield
    finally:
        for parameter, wanted in before:
            parameter.requires_grad_(wanted)
