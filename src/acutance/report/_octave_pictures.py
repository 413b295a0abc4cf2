"""Pictures of one octave alone, and of what is missing in it: made from the shown pictures, for readers to see.

They show; they do not measure: the numbers of a page come from all images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from acutance.report.pictures import Pixels

__all__ = ["Octave", "lost_octave", "octave_pictures", "octaves"]

Octave = tuple[float, float]
_NYQUIST = 0.5
_COARSEST = 1 / 16
_FULL_SCALE = 99.5

Planes = NDArray[np.float64]


def octaves(height: int, width: int) -> list[Octave]:
    """The octaves below Nyquist that pictures of this size hold, in cycles/pixel, coarse to fine."""
    found, high = [], _NYQUIST
    while high > max(_COARSEST, 2 / min(height, width)) - 1e-9:
        found.append((high / 2, high))
        high /= 2
    return found[::-1] or [(_NYQUIST / 2, _NYQUIST)]


def lost_octave(originals: Pixels, outputs: Pixels) -> Octave:
    """The octave in which the outputs lose most: squared error there, weighted by frequency (theory C).

    Args:
        originals: uint8 (K, H, W, C).
        outputs: of the same shape.
    """
    error = _spectrum(_planes(originals) - _planes(outputs))
    found = octaves(*originals.shape[1:3])
    weighted = {octave: octave[1] * float(np.square(np.abs(error.kept(octave))).sum()) for octave in found}
    return max(found, key=lambda octave: weighted[octave])


def octave_pictures(originals: Pixels, outputs: Pixels | None, octave: Octave) -> Pixels:
    """What the originals hold in an octave, or what outputs lack of it; middle grey is nothing.

    All pictures of one set of originals share a scale, so that rows can be compared.

    Args:
        originals: uint8 (K, H, W, C).
        outputs: of the same shape; None for the originals' own detail.
        octave: lower and upper frequency in cycles/pixel.

    Returns:
        uint8 (K, H, W, 1).
    """
    own = _filtered(_planes(originals), octave)
    shown = own if outputs is None else own - _filtered(_planes(outputs), octave)
    scale = max(float(np.percentile(np.abs(own), _FULL_SCALE)), 1e-9)
    grey = np.clip(127.5 + 127.5 * shown / scale, 0, 255).round()
    return np.asarray(grey, dtype=np.uint8)[..., None]


def _planes(pictures: Pixels) -> Planes:
    """The mean over channels, without transparency: (K, H, W)."""
    planes: Planes = pictures[..., :3].astype(np.float64).mean(axis=-1)
    return planes


def _filtered(planes: Planes, octave: Octave) -> Planes:
    """One octave of each plane."""
    height, width = planes.shape[1:]
    found: Planes = np.fft.irfft2(_spectrum(planes).kept(octave), s=(2 * height, 2 * width))[:, :height, :width]
    return found


@final
@dataclass(frozen=True)
class _Spectrum:
    """Spectra of planes, and the spatial frequency of each value."""

    values: NDArray[np.complex128]
    frequency: Planes

    def kept(self, octave: Octave) -> NDArray[np.complex128]:
        """The part in an octave."""
        kept: NDArray[np.complex128] = self.values * _window(self.frequency, octave)
        return kept


def _spectrum(planes: Planes) -> _Spectrum:
    """Of planes mirrored at their edges, so that those do not count as detail."""
    height, width = planes.shape[1:]
    tall = np.concatenate([planes, planes[:, ::-1]], axis=1)
    mirrored = np.concatenate([tall, tall[:, :, ::-1]], axis=2)
    down, right = np.fft.fftfreq(2 * height)[:, None], np.fft.rfftfreq(2 * width)[None, :]
    return _Spectrum(np.fft.rfft2(mirrored), np.hypot(down, right))


def _window(frequency: Planes, octave: Octave) -> Planes:
    """1 in the octave's middle, half at its ends on a logarithmic scale; the finest has no upper end."""
    middle = np.sqrt(octave[0] * octave[1])
    distance: Planes = np.log2(np.maximum(frequency, 1e-9) / middle)
    if octave[1] >= _NYQUIST:
        distance = np.minimum(distance, 0.0)
    inside = np.abs(distance) < 1.0
    return np.where(inside, np.cos(np.pi / 2 * np.clip(distance, -1, 1)) ** 2, 0.0)
