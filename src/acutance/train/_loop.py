"""The one training loop: players take turns on the same batches, whatever the family."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from torch import Tensor, nn
from torch.optim import Adam

from acutance.errors import NonFiniteLoss
from acutance.models._base import Model
from acutance.models._player import Batch, Player
from acutance.models._recipe import Recipe
from acutance.nn.blocks import to_channels_last
from acutance.nn.ema import Ema
from acutance.rng import rng_for
from acutance.train._precision import mixed_precision
from acutance.train._schedule import learning_rate
from acutance.train._watch import Warned, Watch

__all__ = ["Images", "Loop", "Tick"]

logger = logging.getLogger("acutance")


class Images(Protocol):
    """What the loop asks of the data."""

    def __len__(self) -> int: ...

    def batch(self, batch_size: int, seed: int, step: int) -> Tensor:
        """The batch of a step: (N, C, H, W) float in [0, 1], a function of its arguments alone."""


class Stop(Protocol):
    """A flag that asks the loop to stop after the step."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Tick:
    """What listeners are told, about every `log_images` images.

    Attributes:
        step: steps done.
        images: images seen.
        seconds: since the loop started, in this process.
        terms: by "player/term", the mean since the last tick.
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


@dataclass
class Loop:
    """Trains a model.

    Args:
        model: changed in place.
        recipe: how.
        data: what on.
        seed: of every draw.
    """

    model: Model
    recipe: Recipe
    data: Images
    seed: int
    step: int = 0
    _pending: list[tuple[int, str, list[str], Tensor]] = field(default_factory=list)

    def __post_init__(self) -> None:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.accelerator = Accelerator(
            cpu=device.type == "cpu",
            mixed_precision=mixed_precision(self.recipe.precision, device),
            kwargs_handlers=[DistributedDataParallelKwargs(broadcast_buffers=False)],
        )
        self.device = self.accelerator.device
        to_channels_last(self.model.to(self.device)).train()
        self.ema = Ema(self.model, self.recipe.ema_half_life_images)
        self.sides = [self._side(player) for player in self.model.players()]
        self.total_steps = -(-self.recipe.images // self.recipe.batch_size)
        self.watch = Watch(self.total_steps)

    def _side(self, player: Player) -> _Side:
        parameters = list(player.objective.parameters())
        optimizer = Adam(parameters, lr=self.recipe.learning_rate, betas=player.betas, eps=1e-8, fused=True)
        return _Side(player, self.accelerator.prepare_model(player.objective), parameters, optimizer)

    def resume_at(self, step: int, watch: dict[str, Any]) -> None:
        """Goes on behind `step`; the caller has put weights and optimisers back."""
        self.step = step
        self.watch = Watch.restored(self.total_steps, watch)

    def run(self, on_tick: Callable[[Tick], None], checkpoint: Callable[[], None], stop: Stop | None = None) -> None:
        """Trains to the end of the recipe, or until it is asked to stop.

        Args:
            on_tick: called about every `log_images` images, and at the end.
            checkpoint: called about every `checkpoint_images` images, only when everything up to here was finite.
            stop: looked at after every step; when set, the run saves and ends.

        Raises:
            NonFiniteLoss: with step, player and terms; the last checkpoint is untouched.
        """
        start = time.perf_counter()
        batch_size = self.recipe.batch_size
        every = max(1, self.recipe.log_images // batch_size)
        save_every = max(1, self.recipe.checkpoint_images // batch_size)
        ended = False
        while self.step < self.total_steps and not ended:
            self._one_step()
            ended = stop is not None and stop.is_set()
            last = self.step == self.total_steps or ended
            saving = self.step % save_every == 0 or last
            if self.step % every == 0 or saving:
                terms, warnings = self._drain()
                seconds = time.perf_counter() - start
                images = self.step * batch_size
                on_tick(Tick(step=self.step, images=images, seconds=seconds, terms=terms, warnings=tuple(warnings)))
            if saving:
                checkpoint()

    def _one_step(self) -> None:
        batch_size = self.recipe.batch_size
        images = self.data.batch(batch_size, self.seed, self.step)
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        share = images[rank * batch_size // world : (rank + 1) * batch_size // world]
        batch = Batch(share.to(self.device, memory_format=torch.channels_last, non_blocking=True), self.step)
        rate = learning_rate(self.recipe, self.step * batch_size)
        for side in self.sides:
            if self.step % side.player.every == 0:
                self._turn(side, batch, rate, rank)
        self.step += 1
        self.ema.update(batch_size, self.step * batch_size)

    def _turn(self, side: _Side, batch: Batch, rate: float, rank: int) -> None:
        """One player's step; every other player's weights stand still and collect no gradient."""
        for other in self.sides:
            for parameter in other.parameters:
                parameter.requires_grad_(other is side)
        generator = rng_for(self.seed, self.step, side.player.name, rank, device=self.device)
        loss = side.objective(batch, generator)
        side.optimizer.zero_grad(set_to_none=True)
        self.accelerator.backward(loss.total)
        norm = torch.nn.utils.clip_grad_norm_(side.parameters, self.recipe.clip_norm or torch.inf, foreach=True)
        for group in side.optimizer.param_groups:
            group["lr"] = rate * side.player.rate
        side.optimizer.step()
        terms = {**loss.terms, "loss": loss.total.detach(), "gradient_norm": norm}
        stacked = torch.stack([value.detach().float().reshape(()) for value in terms.values()])
        self._pending.append((self.step, side.player.name, list(terms), stacked))

    def _drain(self) -> tuple[dict[str, float], list[Warned]]:
        """Brings the recorded terms to the CPU in one go: checks, watches and averages them."""
        sums: dict[str, list[float]] = {}
        warnings: list[Warned] = []
        for step, player, names, stacked in self._pending:
            values = dict(zip(names, stacked.tolist(), strict=True))
            _check_finite(step, player, values)
            warnings += self.watch.see(step, player, values)
            for name, value in values.items():
                sums.setdefault(f"{player}/{name}", []).append(value)
        self._pending.clear()
        return {name: sum(values) / len(values) for name, values in sums.items()}, warnings


def _check_finite(step: int, player: str, values: dict[str, Any]) -> None:
    if all(abs(value) < float("inf") for value in values.values()):
        return
    terms = ", ".join(f"{name} = {value:.4g}" for name, value in values.items())
    raise NonFiniteLoss(
        f"training stopped at step {step}: the {player}'s loss is not finite ({terms}); "
        "the last checkpoint is good: lower the learning rate or raise the clipping, then go on with --resume"
    )
