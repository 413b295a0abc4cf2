"""What measures of spectra share: their settings, the frequency plane of the images seen, sums as their state."""

from __future__ import annotations

import abc
from typing import Final, Protocol, Self, get_args, runtime_checkable

import torch
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._base import Summed, known_word
from acutance.measure._images import Channels
from acutance.measure._plane import WINDOWED, Plane, Window, plane_for
from acutance.measure._reading import Reading

__all__ = ["Found", "SpectraMeasure", "reaches_border"]

_HANN: Final = "window.hann"
_JUMP: Final = 2.0
"""Photographs of 16 and 32 px have 19 and 31, white noise and fields that go round have 1, blank borders 0."""


def reaches_border(images: Tensor) -> bool:
    """Whether the content of images (N, C, H, W) reaches their border, so that a plain DFT leaks into high frequencies.

    A DFT takes an image for one that goes round. Where opposite borders differ more than twice as much as neighbouring
    pixels do, in the mean square, the jump between them is seen at every frequency: in crops of photographs of 32 px it
    is most of the finest octave.
    """
    jump = near = 0.0
    for rows in (images.double(), images.double().mT):
        jump += float((rows[..., 0, :] - rows[..., -1, :]).square().mean())
        near += float((rows[..., 1:, :] - rows[..., :-1, :]).square().mean())
    return jump > _JUMP * near


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
        window: `hann`, `none`, or `auto`: Hann from 64 px on, and below where the first images seen reach their border
            (`reaches_border`).

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

        Args:
            images: where nothing was seen yet and the window is `auto`, they say which it is.

        Raises:
            MeasureError: the size differs, or a side is below 8 px.
        """
        self.sums.expect(tuple(images.shape[1:]), "spectra")
        self.decide(images)
        return self.plane()

    def decide(self, images: Tensor) -> None:
        """Which window `auto` is, by images (N, C, H, W), unless that was decided before."""
        if self.window == "auto" and min(images.shape[2:]) < WINDOWED and _HANN not in self.sums:
            self.sums.add(_HANN, torch.tensor(float(reaches_border(images)), dtype=torch.float64))

    def follow(self, other: Self) -> None:
        """Have the window that another measure has decided on, which this one is to be merged with."""
        if _HANN in other.sums:
            self.sums.values[_HANN] = other.sums[_HANN].clone()

    def merge(self, other: Self) -> Self:
        """Take in what `other` has seen; returns self.

        Raises:
            MeasureError: the two have other settings, saw images of another size, or decided on different windows.
        """
        mine, theirs = (bool(m.sums[_HANN] > 0) if _HANN in m.sums else None for m in (self, other))
        if None not in (mine, theirs) and mine != theirs:
            raise MeasureError(
                "merge: one part was measured under a window and the other without, as its images do or do not reach "
                "their border; say window='hann' or window='none' for both"
            )
        super().merge(other)
        if _HANN in self.sums:
            self.sums.values[_HANN] = self.sums[_HANN].sign()  # two parts of one mind add up to one
        return self

    def plane(self) -> Plane:
        """The frequency plane of what was seen."""
        hann = _HANN in self.sums and bool(self.sums[_HANN] > 0)
        return plane_for(self.sums.shape[1], self.sums.shape[2], "hann" if hann else self.window)

    def planes(self) -> range:
        """Numbers of the grey planes that spectra are taken of."""
        return range(1 if self.channels == "luma" else self.sums.shape[0])
