"""A checkpoint: one safetensors file, written atomically, from which a run goes on bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from acutance.errors import InputError
from acutance.models._base import replace_file

__all__ = ["Checkpoint", "NAME"]

NAME = "checkpoint.safetensors"


class Checkpoint:
    """Everything a run needs to go on: live and averaged weights, optimiser moments, and a few facts.

    The schedule, the order of the data and every random draw are functions of the step, so they need no saving.

    Args:
        modules: by role, e.g. {"live": model, "average": ema.average}.
        optimizers: by player.
    """

    def __init__(self, modules: dict[str, nn.Module], optimizers: dict[str, Optimizer]) -> None:
        self.modules = modules
        self.optimizers = optimizers

    def save(self, file: Path, facts: dict[str, Any]) -> None:
        """Writes the file whole or not at all.

        Args:
            file: where to.
            facts: JSON values to find again, among them the step.
        """
        tensors = self._tensors()
        metadata = {"acutance": json.dumps(facts)}
        replace_file(file, lambda temporary: save_file(tensors, temporary, metadata=metadata))

    def load(self, file: Path) -> dict[str, Any]:
        """Puts everything back in place.

        Returns:
            The facts given to `save`.

        Raises:
            InputError: the file is damaged, or belongs to another model.
        """
        try:
            with safe_open(file, framework="pt") as opened:
                facts: dict[str, Any] = json.loads((opened.metadata() or {})["acutance"])
                tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            self._restore(tensors)
        except Exception as error:
            raise InputError(f"{file} is damaged or belongs to another model: {error}; start in a new folder") from error
        return facts

    def _tensors(self) -> dict[str, Tensor]:
        found = {
            f"{role}/{name}": value.detach().cpu().clone()
            for role, module in self.modules.items()
            for name, value in module.state_dict().items()
        }
        for player, optimizer in self.optimizers.items():
            for index, values in optimizer.state_dict()["state"].items():
                found |= {f"optimizer/{player}/{index}/{key}": value.cpu().clone() for key, value in values.items()}
        return {name: value.contiguous() for name, value in found.items()}

    def _restore(self, tensors: dict[str, Tensor]) -> None:
        for role, module in self.modules.items():
            prefix = f"{role}/"
            module.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
        for player, optimizer in self.optimizers.items():
            state: dict[int, dict[str, Tensor]] = {}
            for name, value in tensors.items():
                kind, _, rest = name.partition("/")
                if kind == "optimizer" and rest.rpartition("/")[0].rpartition("/")[0] == player:
                    _, index, key = rest.split("/")
                    state.setdefault(int(index), {})[key] = value
            optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def blank(module: nn.Module) -> dict[str, Tensor]:
    """A copy of a module's state, for tests and comparisons."""
    return {name: value.clone() for name, value in module.state_dict().items()}


_ = torch
