"""Unpaired spectra: how much detail samples show, octave by octave, against a real set (T2)."""

from __future__ import annotations

from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._base import PopulationMeasure, Sums
from acutance.measure._images import Role, check_sides
from acutance.measure._keys import content_keys, mix
from acutance.measure._moments import Batch, add_population, centred
from acutance.measure._plane import Plane
from acutance.measure._sample_result import SampleResult, sample_result
from acutance.measure._spectra_measure import SpectraMeasure
from acutance.stats import poisson_weights

__all__ = ["MEASURE", "SampleSpectra"]

Floats = NDArray[np.float64]

_HALVES: Final = ("half0", "half1")
_SALT: Final = np.uint64(0x68616C766573)


@final
class SampleSpectra(SpectraMeasure[SampleResult], PopulationMeasure):
    """Detail ratio y = S_ff / S_xx of samples against real images, per octave and ring, with intervals.

    Powers are of `image - mean image` of each population, unbiased (n - 1), summed over a band before they are divided.
    The real set is split in two by content; the ratio of its halves is the floor beside the number.

    Args:
        channels: `luma` (default) or `each`, see `Channels`.
        window: `auto`, `hann` or `none`, see `SpectraMeasure`.

    References:
        T2 in docs/theory.md.
    """

    def update(self, *, real: Tensor | None = None, fake: Tensor | None = None) -> None:
        """See a batch of either population or of both; their sizes may differ.

        Raises:
            MeasureError: a batch is not (N, C, H, W) float in [0, 1], sizes differ, or a side is below 8 px.
        """
        for role, images in check_sides(real, fake):
            for way in self.ways(images, references=role == "real"):
                way._add(role, images)

    @torch.no_grad()
    def _add(self, role: Role, images: Tensor) -> None:
        plane = self.expect(images)
        keys = content_keys(images)
        weights = torch.from_numpy(poisson_weights(keys))
        parts = [("fake", torch.ones(len(keys), dtype=torch.bool))]
        if role == "real":
            half = torch.from_numpy((mix(keys ^ _SALT) & np.uint64(1)).astype(bool))
            parts = list(zip(_HALVES, (~half, half), strict=True))
        for name, chosen in parts:
            if chosen.any():
                batch = Batch(plane, images[chosen], self.channels, self.work)
                add_population(self.sums, name, batch, weights[chosen])

    def one_way(self) -> SampleResult:
        """Bands, floor, curves and readings of all images seen.

        Raises:
            NoDataError: no real or no fake image was seen.
            MeasureError: one image alone, or real images that are all the same.
        """
        for name, parts in (("real", _HALVES), ("fake", ("fake",))):
            n = sum(self._count(part) for part in parts)
            if n == 0:
                raise NoDataError(f"sample spectra were asked for before any {name} image was seen; update {name}=")
            if n < 2:
                raise MeasureError(
                    f"sample spectra need at least 2 {name} images (the mean is removed), got 1; give more"
                )
        plane = self.plane()
        halves = [self._power(plane, (part,)) for part in _HALVES] if self._halves_usable() else None
        return sample_result(
            plane,
            counts=(sum(self._count(part) for part in _HALVES), self._count("fake")),
            size=self.sums.shape,
            powers=(self._power(plane, _HALVES), self._power(plane, ("fake",))),
            halves=halves,
        )

    def _count(self, part: str) -> int:
        return int(self.sums[f"{part}.count"][0, 0]) if f"{part}.count" in self.sums else 0

    def _halves_usable(self) -> bool:
        return min(self._count(part) for part in _HALVES) >= 2

    def _power(self, plane: Plane, parts: tuple[str, ...]) -> Floats:
        """Centred power per cell of all parts together, (1 + replicates, cells)."""
        joined = Sums()
        for part in parts:
            for name, value in self.sums.values.items():
                if name.startswith(part):
                    joined.add(name.removeprefix(part), value)
        return centred(joined, plane, ".power", [(f".{p}", f".{p}") for p in self.planes()], ".count")


MEASURE = SampleSpectra
