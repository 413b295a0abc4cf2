"""What spectra measures keep between updates: sums that any later update can be added to, and nothing half-added."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure import Reading, measure_pairs
from acutance.measure._noise_use import NoiseUse
from acutance.measure.paired_spectra import PairedSpectra
from acutance.measure.sample_spectra import SampleSpectra


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def after_two_updates(*, inside: bool) -> list[Reading]:
    """All readings, the first of two batches seen in inference mode or outside it."""
    ref, x, other = (noise(24, 1, 16, 16, seed=seed) for seed in range(3))
    pairs, samples, draws = PairedSpectra(), SampleSpectra(), NoiseUse()
    for at, held in ((slice(0, 12), inside), (slice(12, 24), False)):
        with torch.inference_mode(held):
            given = [side[at] + 0.0 for side in (ref, x, other)]
            pairs.update(given[1], given[0])
            samples.update(real=given[0], fake=given[1])
            draws.update(given[1:], given[0])
    return [*pairs.compute(), *samples.compute(), *draws.result().readings]


def test_what_was_seen_in_inference_mode_can_be_added_to_outside_it() -> None:
    for a, b in zip(after_two_updates(inside=True), after_two_updates(inside=False), strict=True):
        assert (a.name, a.value, a.low, a.high) == pytest.approx((b.name, b.value, b.low, b.high), nan_ok=True)


def test_an_update_that_fails_leaves_nothing() -> None:
    """Luma of four channels: found only when the planes are made."""
    measure, images = SampleSpectra(), noise(6, 4, 16, 16)
    for role in ("real", "fake"):
        with pytest.raises(MeasureError, match="luma"):
            measure.update(**{role: images})
    with pytest.raises(NoDataError):
        measure.result()


@pytest.mark.parametrize(("side", "offset", "sigma"), [(32, 0.3, 0.001), (64, 0.1, 0.001), (64, 0.3, 0.001)])
def test_a_constant_offset_costs_no_independence(side: int, offset: float, sigma: float) -> None:
    """T7 is of what varies; the offset has up to a hundred million times its power, at the lowest bins."""
    ref = 0.2 + 0.3 * noise(64, 1, side, side)
    away = sigma * torch.randn(64, 1, side, side, generator=torch.Generator().manual_seed(1))
    name = "independence_nats_per_dim"
    shifted, plain = (measure_pairs(ref, ref + away + by).reading(name) for by in (offset, 0.0))
    assert math.isfinite(shifted.value)
    assert shifted.value == pytest.approx(plain.value, abs=2e-4)
