"""What measures of spectra share: their settings, the frequency plane of the images seen, sums as their state."""

from __future__ import annotations

import abc
from typing import Final, Generic, Protocol, Self, TypeVar, get_args, runtime_checkable

import torch
from torch import Tensor

from acutance.measure._base import State, Summed, known_word
from acutance.measure._images import Channels, plane_count
from acutance.measure._plane import WINDOWED, Plane, Window, plane_for
from acutance.measure._reading import Reading
from acutance.measure._workspace import Workspace

__all__ = ["Found", "SpectraMeasure"]

_BORDER: Final = "border"
_WAYS: Final[tuple[Window, ...]] = ("hann", "none")
_JUMP: Final = 2.0
"""Photographs of 16 and 32 px have 19 and 31, white noise and fields that go round have 1, blank borders 0."""


def _border(images: Tensor) -> Tensor:
    """Mean squares of the jump between opposite borders and between neighbours, (2,), of (N, C, H, W) summed over N."""
    images = images.float()
    steps = [
        [_mean_squares(rows[..., 0, :] - rows[..., -1, :]), _mean_squares(rows[..., 1:, :] - rows[..., :-1, :])]
        for rows in (images, images.mT)
    ]
    return torch.tensor(steps, dtype=torch.float64).sum(0)


def _mean_squares(rows: Tensor) -> float:
    """Of each image, summed over the images."""
    return float(rows.square().flatten(1).mean(1).sum(dtype=torch.float64))


@runtime_checkable
class Found(Protocol):
    """What holds readings."""

    @property
    def readings(self) -> tuple[Reading, ...]:
        """All single numbers."""


F = TypeVar("F", bound=Found)


class SpectraMeasure(Summed, abc.ABC, Generic[F]):
    """Sums of powers per cell of the frequency plane.

    A DFT takes an image for one that goes round. Where opposite borders differ more than twice as much as neighbouring
    pixels do, in the mean square over all references, the jump between them is seen at every frequency: in crops of
    photographs of 32 px it is most of the finest octave. Only all references together say so. Until the result is asked
    for, images below 64 px are therefore summed with a window and without.

    Args:
        channels: `luma` (default) or `each`, see `Channels`.
        window: `hann`, `none`, or `auto`: Hann from 64 px on, and below where the references reach their border.

    Raises:
        ConfigError: another word.
    """

    def __init__(self, *, channels: Channels = "luma", window: Window = "auto") -> None:
        super().__init__()
        known_word("channels", channels, get_args(Channels))
        known_word("window", window, get_args(Window))
        self.channels: Channels = channels
        self.window: Window = window
        self.work = Workspace()
        self._ways: dict[str, Self] = {}

    def result(self) -> F:
        """Bands, curves and readings of all that was seen; errors as those of `one_way`."""
        return self.chosen().one_way()

    @abc.abstractmethod
    def one_way(self) -> F:
        """The same of what was summed under the one window of this measure."""

    def compute(self) -> tuple[Reading, ...]:
        return self.result().readings

    def settings(self) -> tuple[str, ...]:
        return f"channels={self.channels!r}", f"window={self.window!r}"

    def ways(self, images: Tensor, *, references: bool = True) -> tuple[Self, ...]:
        """What is to see a batch (N, C, H, W): this measure, or one with a window and one without.

        Args:
            images: as large as all others of the measure.
            references: whether they are among those that say which of the two it will be.
        """
        if not self._ways:
            if self.window != "auto" or self.sums.shape or min(images.shape[2:]) >= WINDOWED:
                return (self,)
            self._ways = self._fresh()
        if references:
            self.sums.add(_BORDER, _border(images))
        return tuple(self._ways.values())

    def chosen(self) -> Self:
        """The measure that saw all images in the way that the references ask for; itself where there is one way."""
        if not self._ways:
            return self
        jump, near = self.sums[_BORDER].tolist() if _BORDER in self.sums else (0.0, 0.0)
        return self._ways["hann" if jump > _JUMP * near else "none"]

    def _fresh(self) -> dict[str, Self]:
        return {window: type(self)(channels=self.channels, window=window) for window in _WAYS}

    def expect(self, images: Tensor) -> Plane:
        """The frequency plane of a batch (N, C, H, W), which must be that of the batches before.

        Raises:
            MeasureError: the size differs, or a side is below 8 px.
        """
        self.sums.expect(tuple(images.shape[1:]), "spectra")
        return self.plane()

    def merge(self, other: Self) -> Self:
        if came := other.size():
            self.chosen().sums.check(came, "merge")
        super().merge(other)
        if other._ways:
            self._ways = self._ways or self._fresh()
            for window, way in other._ways.items():
                self._ways[window].merge(way)
        return self

    def size(self) -> tuple[int, ...]:
        """(channels, height, width) of the images, and what else they have alike; empty before any was seen."""
        return self.chosen().sums.shape

    def state(self) -> State:
        found = super().state()
        for window, way in self._ways.items():
            found |= {f"{window}/{name}": value for name, value in way.state().items()}
        return found

    def load_state(self, state: State) -> Self:
        super().load_state({name: value for name, value in state.items() if "/" not in name})
        self._ways = self._fresh() if any("/" in name for name in state) else {}
        for window, way in self._ways.items():
            mine = f"{window}/"
            way.load_state({name.removeprefix(mine): value for name, value in state.items() if name.startswith(mine)})
        return self

    def plane(self) -> Plane:
        """The frequency plane of what was seen."""
        return plane_for(self.sums.shape[1], self.sums.shape[2], self.window)

    def planes(self) -> range:
        """Numbers of the grey planes that spectra are taken of."""
        return range(plane_count(self.sums.shape[0], self.channels))
