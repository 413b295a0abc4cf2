"""The averaged weights: half-lives, starts, and what is not averaged."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from acutance.nn.ema import Ema

FAR = 10**9


class Net(nn.Module):
    """One trained weight, one frozen, one buffer."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.trained = nn.Parameter(torch.full((3,), value, dtype=torch.float64))
        self.frozen = nn.Parameter(torch.full((2,), 7.0, dtype=torch.float64), requires_grad=False)
        self.register_buffer("count", torch.tensor(0.0))
        self.count: Tensor


def set_to(net: Net, value: float) -> None:
    with torch.no_grad():
        net.trained.fill_(value)


def test_before_the_first_step_it_is_the_model_and_a_copy() -> None:
    net = Net(2.0)
    ema = Ema(net, 100)
    set_to(net, 5.0)
    assert ema.average.trained.tolist() == [2.0] * 3
    assert not any(parameter.requires_grad for parameter in ema.average.parameters())
    assert not ema.average.training
    assert net.training
    assert net.trained.requires_grad


@pytest.mark.parametrize("batch", [1, 8, 64])
def test_after_a_half_life_an_old_weight_counts_half(batch: int) -> None:
    net = Net(0.0)
    ema = Ema(net, 64)
    set_to(net, 1.0)
    for _ in range(64 // batch):
        ema.update(batch, FAR)
    assert ema.average.trained.tolist() == pytest.approx([0.5] * 3)


def test_it_is_the_weighted_mean_of_what_was_seen() -> None:
    net, values = Net(0.0), [3.0, -1.0, 4.0, 1.5]
    ema = Ema(net, 8)
    expected = 0.0
    for value in values:
        set_to(net, value)
        ema.update(8, FAR)
        expected = 0.5 * expected + 0.5 * value
    assert ema.average.trained.tolist() == pytest.approx([expected] * 3)


def test_without_memory_it_is_the_model() -> None:
    net = Net(0.0)
    ema = Ema(net, 0)
    set_to(net, 3.0)
    ema.update(8, FAR)
    assert ema.average.trained.tolist() == [3.0] * 3


def test_a_start_is_forgotten_at_a_tenth_of_what_was_seen() -> None:
    net = Net(1000.0)
    ema = Ema(net, 2_000)
    set_to(net, 0.0)
    for step in range(1, 101):
        ema.update(10, 10 * step)
    assert ema.average.trained.abs().max() < 1e-3
    set_to(net, 1.0)
    ema.update(10, FAR)
    assert ema.average.trained.max() < 0.01, "later on the memory is as long as was asked for"


def test_weights_that_stand_still_stay_bit_for_bit() -> None:
    net = Net(0.1)
    ema = Ema(net, 37)
    for step in range(1, 50):
        ema.update(8, 8 * step)
    assert torch.equal(ema.average.trained, net.trained)
    assert torch.equal(ema.average.frozen, net.frozen)


def test_buffers_are_copied_and_the_model_is_left_alone() -> None:
    net = Net(1.0)
    ema = Ema(net, 100)
    net.count += 5
    ema.update(8, FAR)
    assert ema.average.count.item() == 5
    assert net.trained.tolist() == [1.0] * 3
    ema.average.count += 1
    assert net.count.item() == 5
