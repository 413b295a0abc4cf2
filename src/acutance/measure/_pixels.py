"""The measures of two populations that look at pixels, none at features, as one."""

from __future__ import annotations

from typing import Final, Self, final

from torch import Tensor

from acutance.measure._base import PopulationMeasure, State
from acutance.measure._images import Channels, check_sides
from acutance.measure._plane import Window
from acutance.measure._reading import Reading
from acutance.measure.blur_effect import BlurEffect
from acutance.measure.edge_spread import EdgeSpread
from acutance.measure.gradient_kurtosis import GradientKurtosis
from acutance.measure.spectrum_test import SpectrumTest

__all__ = ["PixelMeasures"]

_EDGE_SIDE: Final = 9


@final
class PixelMeasures(PopulationMeasure):
    """Gradient kurtosis, edges, the test on spectra and the blur effect; edges are left out below 9 px.

    Args:
        channels: `luma` or `each`, for the test on spectra.
        window: `auto`, `hann` or `none`, for the test on spectra.
    """

    def __init__(self, *, channels: Channels = "luma", window: Window = "auto") -> None:
        self.edges = EdgeSpread()
        self.others: dict[str, PopulationMeasure] = {
            "kurtosis": GradientKurtosis(),
            "spectrum": SpectrumTest(channels=channels, window=window),
            "blur": BlurEffect(),
        }

    def _all(self) -> dict[str, PopulationMeasure]:
        return {**self.others, "edges": self.edges}

    def update(self, *, real: Tensor | None = None, fake: Tensor | None = None) -> None:
        """See a batch of either population or of both; their sizes may differ.

        Raises:
            MeasureError: a batch is not (N, C, H, W) float in [0, 1], or sizes differ.
        """
        sides = [min(images.shape[-2:]) for _, images in check_sides(real, fake)]
        for measure in self._all().values():
            if measure is not self.edges or min(sides, default=0) >= _EDGE_SIDE:
                measure.update(real=real, fake=fake)

    def merge(self, other: Self) -> Self:
        for name, measure in self._all().items():
            measure.merge(other._all()[name])
        return self

    def state(self) -> State:
        return {
            f"{name}/{key}": value for name, measure in self._all().items() for key, value in measure.state().items()
        }

    def load_state(self, state: State) -> Self:
        for name, measure in self._all().items():
            measure.load_state(
                {key.removeprefix(f"{name}/"): value for key, value in state.items() if key.startswith(f"{name}/")}
            )
        return self

    def compute(self) -> tuple[Reading, ...]:
        """The readings of all of them.

        Raises:
            NoDataError: a population is empty.
            MeasureError: a population is too small or without any detail.
        """
        found = [reading for measure in self.others.values() for reading in measure.compute()]
        return (*found, *(self.edges.compute() if self.edges.sums.values else ()))
