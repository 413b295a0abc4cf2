"""Measures as TorchMetrics metrics, so that Lightning can log them; needs torchmetrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, Self, TypeVar, final, runtime_checkable

import torch
import torch.distributed as dist
from torch import Tensor
from torchmetrics import Metric

from acutance.errors import ConfigError
from acutance.measure import MEASURES
from acutance.measure._base import PairMeasure, State
from acutance.measure._distances import Effort
from acutance.measure._features import FeatureNet
from acutance.measure._reading import Reading
from acutance.measure._sample_sets import SampleSets
from acutance.measure._samples import measured
from acutance.measure._squeezenet import SqueezeNet

__all__ = ["PairMetric", "SampleMetric"]

Values = Tensor | dict[str, Tensor]


@runtime_checkable
class _Travels(Protocol):
    """What has a state and merges."""

    def merge(self, other: Self) -> Self:
        """Take in what another has seen."""

    def state(self) -> State:
        """All that was seen."""


_T = TypeVar("_T", bound=_Travels)


@final
class PairMetric(Metric):
    """A paired measure: `update(preds, target)`, images (N, C, H, W) in [0, 1].

    `compute` gives one reading's value, or all of them by name; `forward` that of the batch. Over several processes the
    measures are merged: the number is that of all images at once, whatever share each process saw.

    Args:
        name: of the measure, e.g. `psnr` or `paired_spectra`.
        reading: the one to give, e.g. `mtf50`; by default all that the measure has, as a dict.

    Raises:
        ConfigError: there is no such measure, or it is none of pairs.
    """

    is_differentiable = False
    full_state_update = False

    def __init__(self, name: str, reading: str | None = None) -> None:
        super().__init__()
        self._make = MEASURES.load(name)
        if not issubclass(self._make, PairMeasure):
            raise ConfigError(f"{name} compares populations, not pairs; use SampleMetric")
        self._reading = reading
        self._seen, self._batch = self._make(), self._make()

    def update(self, preds: Tensor, target: Tensor) -> None:
        """See outputs and their references."""
        self._batch = self._make()
        self._batch.update(preds, target)
        self._seen.merge(self._batch)

    def forward(self, preds: Tensor, target: Tensor) -> Values:
        """See a batch; its own value."""
        self.update(preds, target)
        return _values(self._batch.compute(), self._reading)

    def compute(self) -> Values:
        """The value of all that was seen, in all processes."""
        seen = [self._make().load_state(state) for state in _everywhere(self._seen.state(), self.sync_on_compute)]
        return _values(_merged(self._make(), seen).compute(), self._reading)

    def reset(self) -> None:
        """Forget everything."""
        super().reset()
        self._seen = self._make()


@final
class SampleMetric(Metric):
    """Samples against a real set: `update(images, real=True)` and `update(images, real=False)`, as torchmetrics' own.

    Args:
        reading: the one to give, e.g. `frechet_distance`; by default all of `measure_samples`, as a dict.
        features: images to features; the shipped SqueezeNet by default.
        effort: see `measure_samples`.
        reset_real_features: whether `reset` forgets the real set too.
    """

    is_differentiable = False
    full_state_update = False

    def __init__(
        self,
        reading: str | None = None,
        *,
        features: FeatureNet | None = None,
        effort: Effort = "fast",
        reset_real_features: bool = True,
    ) -> None:
        super().__init__()
        self._net: FeatureNet = SqueezeNet() if features is None else features
        self._reading, self._effort, self._forget_real = reading, effort, reset_real_features
        self._real, self._fake = SampleSets(self._net), SampleSets(self._net)

    def update(self, images: Tensor, *, real: bool) -> None:
        """See a batch (N, C, H, W) in [0, 1] of either population."""
        if real:
            self._real.update(real=images)
        else:
            self._fake.update(fake=images)

    def forward(self, images: Tensor, *, real: bool) -> None:
        """See a batch; one alone has no value."""
        self.update(images, real=real)

    def compute(self) -> Values:
        """The value of all that was seen, in all processes."""
        states = (_everywhere(sets.state(), self.sync_on_compute) for sets in (self._real, self._fake))
        seen = [SampleSets(self._net).load_state(state) for some in states for state in some]
        return _values(measured(_merged(SampleSets(self._net), seen), effort=self._effort).readings, self._reading)

    def reset(self) -> None:
        """Forget the samples, and the real set unless it is to stay."""
        super().reset()
        self._fake = SampleSets(self._net)
        if self._forget_real:
            self._real = SampleSets(self._net)


def _everywhere(state: State, together: bool) -> list[State]:
    """This process's state, or those of all."""
    if not (together and dist.is_available() and dist.is_initialized()):
        return [state]
    states: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(states, state)
    return states


def _merged(whole: _T, parts: Iterable[_T]) -> _T:
    for part in parts:
        whole.merge(part)
    return whole


def _values(readings: tuple[Reading, ...], wanted: str | None) -> Values:
    values = {reading.name: torch.tensor(reading.value, dtype=torch.float32) for reading in readings}
    if wanted is None:
        return values
    if wanted not in values:
        raise ConfigError(f"no reading is called {wanted!r}; there are: {', '.join(values)}")
    return values[wanted]
