"""What unpaired spectra say: detail ratio per band, its real-against-real floor, and the replicates."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from acutance.errors import MeasureError
from acutance.measure._bands import Band, Curve
from acutance.measure._base import few_images
from acutance.measure._plane import Plane
from acutance.measure._reading import Reading
from acutance.measure._sharpness import ratio
from acutance.measure._spectral import make_bands, make_curves
from acutance.measure._unsmeared import unsmeared
from acutance.stats import percentile_interval

__all__ = ["SampleResult", "sample_result"]

Floats = NDArray[np.float64]

_NEGLIGIBLE: Final = 1e-12


@dataclass(frozen=True, kw_only=True)
class SampleResult:
    """Unpaired spectra of one set of samples.

    Attributes:
        n_real: number of real images.
        n_fake: number of samples.
        windowed: whether a Hann window was applied.
        bands: detail ratio per octave, low to high.
        floor: the same of one half of the real set against the other: what chance alone does at half the size; empty
            where a half has fewer than two images.
        curves: detail ratio, real and fake power along rings.
        readings: the single numbers.
        replicates: (B,) bootstrap replicates of each reading, by name.
        octaves: power of the real images and of the samples in each band, (1 + B, bands) each.
    """

    n_real: int
    n_fake: int
    windowed: bool
    bands: tuple[Band, ...]
    floor: tuple[Band, ...]
    curves: tuple[Curve, ...]
    readings: tuple[Reading, ...]
    replicates: dict[str, Floats] = field(repr=False)
    octaves: tuple[Floats, Floats] = field(repr=False)


def sample_result(
    plane: Plane,
    counts: tuple[int, int],
    size: tuple[int, ...],
    powers: tuple[Floats, Floats],
    halves: list[Floats] | None,
) -> SampleResult:
    """Divide, and put intervals to everything.

    Args:
        plane: the frequency plane.
        counts: number of real and of fake images.
        size: (C, H, W).
        powers: centred power per cell of the real and the fake set, (1 + replicates, cells).
        halves: the same for the two halves of the real set, or None.

    Raises:
        MeasureError: the real images do not differ from one another.
    """
    floor = _NEGLIGIBLE * math.prod(size[1:])
    real, fake = (np.where(power[:1] > floor, power, 0.0) for power in powers)
    if not (real[0] > 0).any():
        raise MeasureError("the real images are all the same, so there is no detail to compare with; give others")
    n, half, rings = min(counts), counts[0] // 2, len(plane.rings)
    octaves = ratio(_octaves(fake, rings), _octaves(real, rings))
    chance = ratio(_octaves(halves[0], rings), _octaves(halves[1], rings)) if halves else None
    per_bin = math.prod(size[1:]) ** 2
    detail = unsmeared(ratio(fake[:, :rings], real[:, :rings]), real[0, :rings] / plane.bins_per_ring.numpy(), plane)
    curves = {
        "detail_ratio": np.maximum(detail, 0.0),
        "power_real": real[:, :rings] / per_bin,
        "power_fake": fake[:, :rings] / per_bin,
    }
    values = {"detail_ratio_top_octave": octaves[:, -1]}
    if chance is not None:
        values["detail_ratio_top_octave_floor"] = chance[:, -1]
    return SampleResult(
        n_real=counts[0],
        n_fake=counts[1],
        windowed=plane.windowed,
        bands=make_bands(plane.octaves, {"detail_ratio": octaves}, n),
        floor=() if chance is None else make_bands(plane.octaves, {"detail_ratio": chance}, half),
        curves=make_curves(plane.rings.numpy(), curves, n),
        readings=tuple(_reading(name, rows, half if name.endswith("_floor") else n) for name, rows in values.items()),
        replicates={name: rows[1:] for name, rows in values.items()},
        octaves=(_octaves(real, rings), _octaves(fake, rings)),
    )


def _octaves(power: Floats, rings: int) -> Floats:
    return np.asarray(power[:, rings:].reshape(len(power), -1, 3).sum(-1))


def _reading(name: str, rows: Floats, n: int) -> Reading:
    low, high = percentile_interval(rows[1:], n)
    return Reading(
        name=name,
        value=float(rows[0]),
        unit="ratio",
        better="one",
        n=n,
        low=float(low),
        high=float(high),
        preconditions=few_images(n),
    )
