"""What the players said since the last tick, brought to the CPU in one go."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor

from acutance.errors import NonFiniteLoss
from acutance.train._watch import Warned, Watch

__all__ = ["Terms"]


@final
class Terms:
    """Collects loss terms without waiting for the device, and settles them now and then.

    Args:
        total_steps: of the run, for the watch-dogs.
        average: the mean of a tensor over all processes.
    """

    def __init__(self, total_steps: int, average: Callable[[Tensor], Tensor]) -> None:
        self.watch = Watch(total_steps)
        self._average = average
        self._pending: list[tuple[int, str, list[str], Tensor]] = []
        self._sums: dict[str, list[float]] = {}
        self._due: list[Warned] = []

    def note(self, step: int, player: str, terms: dict[str, Tensor]) -> None:
        """Takes the terms of one player's turn; scalars, still on the device."""
        stacked = torch.stack([value.detach().float().reshape(()) for value in terms.values()])
        self._pending.append((step, player, list(terms), stacked))

    def settle(self) -> None:
        """Checks, watches and sums everything noted so far.

        Raises:
            NonFiniteLoss: at the first turn whose terms are not all finite, on every process alike.
        """
        if not self._pending:
            return
        numbers = self._average(torch.cat([stacked for *_, stacked in self._pending])).tolist()
        pending, self._pending = self._pending, []
        for step, player, names, _ in pending:
            values = dict(zip(names, numbers, strict=False))
            numbers = numbers[len(names) :]
            _check_finite(step, player, values)
            self._due += self.watch.see(step, player, values)
            for name, value in values.items():
                entry = self._sums.setdefault(f"{player}/{name}", [0.0, 0])
                entry[0] += value
                entry[1] += 1

    def read(self) -> tuple[dict[str, float], tuple[Warned, ...]]:
        """The mean of every term, by "player/term", and the warnings, since this was last called."""
        means = {name: total / count for name, (total, count) in self._sums.items()}
        due = tuple(self._due)
        self._sums, self._due = {}, []
        return means, due

    def state(self) -> dict[str, Any]:
        """JSON values from which `restore` makes the same; everything noted must have been settled."""
        assert not self._pending
        return {"watch": self.watch.state(), "sums": self._sums, "due": [warned.state() for warned in self._due]}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from a `state`."""
        self.watch = Watch.restored(self.watch.total_steps, state["watch"])
        self._sums = {name: list(entry) for name, entry in state["sums"].items()}
        self._due = [Warned(**warned) for warned in state["due"]]


def _check_finite(step: int, player: str, values: dict[str, float]) -> None:
    if all(map(math.isfinite, values.values())):
        return
    terms = ", ".join(f"{name} = {value:.4g}" for name, value in values.items())
    raise NonFiniteLoss(
        f"training stopped at step {step}: the {player}'s loss is not finite ({terms}); the last checkpoint is good. "
        "The same settings would come to the same step: train anew with a lower learning rate or tighter clipping"
    )
