"""Draws by a seed, of models that take the generator they are given and of those that do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from acutance.models._draws import draws, translations

CPU = torch.device("cpu")


class Careless:
    """A model of others, which draws from torch's own stream."""

    device = CPU

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.rand(n, 1, 2, 2)

    def translate(self, images: Tensor, generator: torch.Generator) -> Tensor:
        return torch.rand(images.shape)


def generated(seed: int, n: int = 70) -> Iterator[Tensor]:
    return draws(Careless(), n, seed=seed)


def translated(seed: int, n: int = 70) -> Iterator[Tensor]:
    return translations(Careless(), [torch.zeros(64, 1, 2, 2), torch.zeros(n - 64, 1, 2, 2)], seed=seed)


@pytest.mark.parametrize("drawn", [generated, translated])
def test_a_seed_gives_the_same_images_of_a_model_that_draws_from_torchs_own_stream(drawn: Any) -> None:
    found = []
    for seed, hidden in ((0, 1), (0, 2), (1, 1)):
        torch.manual_seed(hidden)
        found.append(list(drawn(seed)))
    assert all(map(torch.equal, found[0], found[1]))
    assert not torch.equal(found[0][0], found[2][0])
    assert not torch.equal(found[0][0][..., :6, :, :, :], found[0][1][..., :6, :, :, :])


@pytest.mark.parametrize("drawn", [generated, translated])
def test_between_two_batches_the_callers_stream_is_the_callers(drawn: Any) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    batches = drawn(0)
    for i, _ in enumerate(batches):
        assert torch.rand(1).item() == expected[i].item()
    assert torch.rand(1).item() == expected[2].item()
