"""Batches as a pure function of seed and step."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acutance.data import batch_indices, order
from acutance.errors import ConfigError

sizes = st.integers(1, 60)


@given(n=sizes, batch=st.integers(1, 130), seed=st.integers(0, 5), steps=st.integers(1, 20))
def test_the_batches_are_the_epochs_cut_up(n: int, batch: int, seed: int, steps: int) -> None:
    line = np.concatenate([batch_indices(n, batch, seed, step) for step in range(steps)])
    assert len(line) == steps * batch
    for epoch in range(len(line) // n):
        assert sorted(line[epoch * n : (epoch + 1) * n].tolist()) == list(range(n)), "every image once an epoch"
        assert np.array_equal(line[epoch * n : (epoch + 1) * n], order(seed, epoch, n))


def test_seeds_and_epochs_differ() -> None:
    orders = [order(seed, epoch, 100).tolist() for seed in (0, 1) for epoch in (0, 1)]
    assert len({tuple(o) for o in orders}) == 4


def test_every_image_comes_at_every_place() -> None:
    firsts = {int(order(0, epoch, 8)[0]) for epoch in range(200)}
    assert firsts == set(range(8))


def test_another_process_draws_the_same() -> None:
    code = "from acutance.data import batch_indices; print(batch_indices(1000, 8, 3, 777).tolist())"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == str(batch_indices(1000, 8, 3, 777).tolist())


def test_an_order_cannot_be_spoilt_by_its_reader() -> None:
    with pytest.raises(ValueError, match="read-only"):
        order(0, 0, 10)[0] = 1


@pytest.mark.parametrize(("n", "batch", "step"), [(0, 4, 0), (4, 0, 0), (4, 4, -1)])
def test_senseless_requests_are_refused(n: int, batch: int, step: int) -> None:
    with pytest.raises(ConfigError, match="a batch needs images"):
        batch_indices(n, batch, 0, step)
