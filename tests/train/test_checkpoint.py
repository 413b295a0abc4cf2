"""Checkpoints: whole or not at all, and exact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from small_models import differing, weights
from torch import nn
from torch.optim import Adam

from acutance.errors import InputError
from acutance.train._checkpoint import Checkpoint


class Side:
    """A convolution in channels-last layout, with its optimiser."""

    def __init__(self, seed: int = 0, channels: int = 4) -> None:
        torch.manual_seed(seed)
        self.net = nn.Conv2d(3, channels, 3).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = Adam(self.net.parameters(), lr=0.1, fused=True)
        self.checkpoint = Checkpoint({"live": self.net}, {"only": self.optimizer})

    def train(self, steps: int, start: int = 0) -> None:
        for step in range(start, start + steps):
            images = torch.rand(2, 3, 5, 5, generator=torch.Generator().manual_seed(step))
            self.optimizer.zero_grad()
            self.net(images.to(memory_format=torch.channels_last)).square().mean().backward()
            self.optimizer.step()


def test_channels_last_weights_go_on_bit_for_bit(tmp_path: Path) -> None:
    """The fused step pairs numbers by place in memory, so moments must come back in their weights' layout."""
    whole, first, second = Side(), Side(), Side(seed=1)
    whole.train(6)
    first.train(3)
    first.checkpoint.save(tmp_path / "state", {"step": 3})
    assert second.checkpoint.load(tmp_path / "state") == {"step": 3}
    second.train(3, start=3)
    assert not differing(weights(second.net), weights(whole.net))
    for parameter, moments in second.optimizer.state.items():
        assert moments["exp_avg"].stride() == parameter.stride()


def test_the_file_is_plain_safetensors_with_the_facts_in_its_header(tmp_path: Path) -> None:
    side = Side()
    side.train(1)
    side.checkpoint.save(tmp_path / "state", {"step": 1, "a": [1.5, None]})
    raw = (tmp_path / "state").read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert json.loads(header["__metadata__"]["acutance"]) == {"step": 1, "a": [1.5, None]}
    assert {"live/weight", "live/bias", "optimizer/only/0/exp_avg", "optimizer/only/1/step"} <= header.keys()


def test_before_the_first_step_there_are_no_moments(tmp_path: Path) -> None:
    side, other = Side(), Side(seed=1)
    side.checkpoint.save(tmp_path / "state", {})
    other.checkpoint.load(tmp_path / "state")
    other.train(2)
    side.train(2)
    assert not differing(weights(side.net), weights(other.net))


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    side = Side()
    side.checkpoint.save(tmp_path / "state", {"step": 1})
    old = (tmp_path / "state").read_bytes()

    def full_disk(tensors: object, file: Path, metadata: object) -> None:
        file.write_bytes(old[:10])
        raise OSError("no space left on device")

    monkeypatch.setattr("acutance.train._checkpoint.save_file", full_disk)
    with pytest.raises(OSError, match="no space"):
        side.checkpoint.save(tmp_path / "state", {"step": 2})
    assert (tmp_path / "state").read_bytes() == old
    assert [file.name for file in tmp_path.iterdir()] == ["state"]


def damaged(kind: str, file: Path) -> None:
    side = Side(channels=5 if kind == "another model" else 4)
    side.train(1)
    side.checkpoint.save(file, {"step": 1})
    raw = file.read_bytes()
    if kind == "cut short":
        file.write_bytes(raw[: len(raw) // 2])
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "noise":
        file.write_bytes(bytes(range(256)) * 4)
    elif kind == "another writer":
        save_file({"weight": torch.zeros(3)}, file)
    elif kind == "moments missing":
        kept = {f"live/{name}": value.contiguous() for name, value in weights(side.net).items()}
        moment = torch.zeros(4, 3, 3, 3)
        save_file({**kept, "optimizer/only/0/exp_avg": moment}, file, metadata={"acutance": '{"step": 1}'})


@pytest.mark.parametrize(
    "kind", ["cut short", "empty", "noise", "another writer", "another model", "moments missing", "missing"]
)
def test_what_cannot_be_gone_on_from_is_refused_in_words(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "state"
    if kind != "missing":
        damaged(kind, file)
    with pytest.raises(InputError, match=r"state is damaged or belongs to another model .*delete it to train"):
        Side().checkpoint.load(file)
