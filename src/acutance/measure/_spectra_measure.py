"""What measures of spectra share: their settings, the frequency plane of the images seen, sums as their state."""

from __future__ import annotations

import abc
from typing import Protocol, get_args, runtime_checkable

from torch import Tensor

from acutance.measure._base import Summed, known_word
from acutance.measure._images import Channels
from acutance.measure._plane import Plane, Window, plane_for
from acutance.measure._reading import Reading

__all__ = ["Found", "SpectraMeasure"]


@runtime_checkable
class Found(Protocol):
    """What holds readings."""

    @property
    def readings(self) -> tuple[Reading, ...]:
        """All single numbers."""


class SpectraMeasure(Summed, abc.ABC):
    """Sums of powers per cell of the frequency plane.

    Args:
        channels: `luma` (default) or `each`, see `Channels`.
        window: `auto` (Hann from 64 px on), `hann` or `none`.

    Raises:
        ConfigError: another word.
    """

    def __init__(self, *, channels: Channels = "luma", window: Window = "auto") -> None:
        super().__init__()
        known_word("channels", channels, get_args(Channels))
        known_word("window", window, get_args(Window))
        self.channels: Channels = channels
        self.window: Window = window

    @abc.abstractmethod
    def result(self) -> Found:
        """Bands, curves and readings of all that was seen."""

    def compute(self) -> tuple[Reading, ...]:
        return self.result().readings

    def settings(self) -> tuple[str, ...]:
        return f"channels={self.channels!r}", f"window={self.window!r}"

    def expect(self, images: Tensor) -> Plane:
        """The frequency plane of a batch (N, C, H, W), which must be that of the batches before.

        Raises:
            MeasureError: the size differs, or a side is below 8 px.
        """
        plane = plane_for(images.shape[2], images.shape[3], self.window)
        self.sums.expect(tuple(images.shape[1:]), "spectra")
        return plane

    def plane(self) -> Plane:
        """The frequency plane of what was seen."""
        return plane_for(self.sums.shape[1], self.sums.shape[2], self.window)

    def planes(self) -> range:
        """Numbers of the grey planes that spectra are taken of."""
        return range(1 if self.channels == "luma" else self.sums.shape[0])
