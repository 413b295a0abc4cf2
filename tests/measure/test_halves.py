"""What halves of the images tell of a jackknife's variance (T17)."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from acutance.measure._halves import Distances, true_share
from acutance.measure.memorisation import _memorised, _value
from acutance.measure.neighbours import _estimates, _values, neighbour_shares


def normal(n: int, d: int, seed: int) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_numbers_of_halves_are_those_of_the_measures() -> None:
    """Also of several choices of the images at once."""
    rng, real, fake = torch.Generator().manual_seed(0), normal(60, 5, 1), 0.8 * normal(41, 5, 2)
    rows, columns = (torch.stack([torch.randperm(n, generator=rng)[:20] for _ in range(3)]) for n in (60, 41))
    near = Distances.of(real, fake).among(rows, columns)
    for i, (a, b) in enumerate(zip(rows, columns, strict=True)):
        exact = torch.tensor([found.value for found in _estimates(real[a], fake[b], (2, 4)).values()])
        assert _values(near, (2, 4))[i].float().tolist() == pytest.approx(exact.tolist(), rel=1e-6)
        assert float(_value(near)[i, 0]) == pytest.approx(_memorised(real[a], fake[b]).value, rel=1e-12)


@pytest.mark.parametrize("too_large", [1.0, 3.0])
def test_a_variance_that_is_too_large_is_told_by_its_factor(too_large: float) -> None:
    """The mean distance to a sample at one place: its variance is known."""
    origin = torch.zeros(200, 1, dtype=torch.float64)

    def values(near: Distances) -> Tensor:
        return near.across.double().mean((-1, -2))[..., None]

    def variances(real: Tensor, fake: Tensor) -> Tensor:
        return too_large * real.abs().var(0) / len(real)

    found = [float(true_share(normal(200, 1, seed), origin, 10, values, variances)) for seed in range(30)]
    assert sum(found) / 30 == pytest.approx(1.08 / too_large, rel=0.15)
    assert max(found) < 2.5 / too_large and min(found) > 0.4 / too_large


def test_too_few_images_leave_the_jackknife_as_it_is() -> None:
    real, fake = normal(19, 3, 5), normal(40, 3, 6)
    share = true_share(real, fake, 10, _value, lambda a, b: torch.tensor([_memorised(a, b).variance]))
    assert share.tolist() == [1.0]


def test_neighbour_numbers_beyond_the_halves_are_read_all_the_same() -> None:
    found = neighbour_shares(normal(560, 3, 7), normal(530, 3, 8), (520,))
    assert all(low <= value <= high for value, low, high in found.values()) and found["recall", 520][0] == 1.0


def test_a_far_offset_does_not_change_what_halves_tell() -> None:
    real, fake = normal(60, 4, 9), normal(60, 4, 10)
    plain, moved = (neighbour_shares(real + by, fake + by, (3,)) for by in (0.0, 1e7))
    for key, values in plain.items():
        assert moved[key] == pytest.approx(values, rel=0.05), key
