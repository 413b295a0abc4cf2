"""A checkpoint: one safetensors file, written atomically, from which a run goes on bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from acutance.errors import InputError
from acutance.models._whole_file import replace_file

__all__ = ["NAME", "Checkpoint"]

NAME = "checkpoint.safetensors"


@final
class Checkpoint:
    """Everything a run needs to go on: live and averaged weights, optimiser moments, and a few facts.

    The schedule, the order of the data and every random draw are functions of the step, so they need no saving.

    Args:
        modules: by role, e.g. {"live": model, "average": ema.average}.
        optimizers: by player.
    """

    def __init__(self, modules: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]) -> None:
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
        except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
            raise InputError(
                f"{file} is damaged or belongs to another model ({' '.join(str(error).split())}): "
                "delete it to train from the start, or choose another folder for --out"
            ) from error
        return facts

    def _tensors(self) -> dict[str, Tensor]:
        found = {
            f"{role}/{name}": value
            for role, module in self.modules.items()
            for name, value in module.state_dict().items()
        }
        for player, optimizer in self.optimizers.items():
            for index, values in optimizer.state_dict()["state"].items():
                found |= {f"optimizer/{player}/{index}/{key}": value for key, value in values.items()}
        return {
            name: value.detach().cpu().clone(memory_format=torch.contiguous_format) for name, value in found.items()
        }

    def _restore(self, tensors: dict[str, Tensor]) -> None:
        for role, module in self.modules.items():
            module.load_state_dict(_below(tensors, f"{role}/"))
        for player, optimizer in self.optimizers.items():
            _restore_optimizer(optimizer, _below(tensors, f"optimizer/{player}/"))


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _restore_optimizer(optimizer: Optimizer, moments: dict[str, Tensor]) -> None:
    """Puts "index/key" moments back, each in the memory layout of its parameter, which the fused step relies on."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {index: {} for index in range(len(parameters))}
    for name, value in moments.items():
        index, _, key = name.partition("/")
        like = parameters[int(index)]
        state[int(index)][key] = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
    if moments and not all(state.values()):
        raise ValueError("optimiser moments are missing")
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state if moments else {}, "param_groups": groups})
