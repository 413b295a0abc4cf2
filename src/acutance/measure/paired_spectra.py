"""Paired spectra: how much of the real detail comes through, octave by octave (T1-T4, T7)."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._base import PairMeasure
from acutance.measure._blocks import spans
from acutance.measure._images import check_pairs
from acutance.measure._independence import Residuals, independence
from acutance.measure._keys import content_keys
from acutance.measure._moments import centred, sides_of, total, weighted_sums
from acutance.measure._paired_result import PairedSums, PairsMeasurement, paired_result
from acutance.measure._plane import Plane
from acutance.measure._shift import shift_for
from acutance.measure._spectra_measure import SpectraMeasure
from acutance.measure._spectral import Spectrum
from acutance.stats import poisson_weights

__all__ = ["MEASURE", "PairedSpectra"]


@dataclass(frozen=True)
class _Part:
    """What is made of a part of a batch.

    Attributes:
        rows: what the bootstrap weighs, per image.
        sums: what is added up as it is.
    """

    rows: dict[str, Tensor]
    sums: dict[str, Tensor]


@final
class PairedSpectra(SpectraMeasure[PairsMeasurement], PairMeasure):
    """Gain, detail ratio, coherence, explained detail and averaging slope per octave and per ring, with intervals.

    With `S_xx = E|X|^2`, `S_rr = E|R|^2`, `S_xr = Re E[conj(X) R]`, means over images of the spectra of `image - mean
    image`, powers summed over a band before they are divided (T2). Memory does not grow with the number of images.

    Args:
        channels: `luma` (default) or `each`, see `Channels`.
        window: `auto`, `hann` or `none`, see `SpectraMeasure`.

    References:
        T2, T4, T7 in docs/theory.md.
    """

    @torch.no_grad()
    def update(self, x: Tensor, ref: Tensor) -> None:
        """See a batch of outputs and their references.

        Raises:
            MeasureError: a batch is not (N, C, H, W) float in [0, 1], the two differ in shape, or a side is below 8 px.
        """
        x, ref = check_pairs(x, ref)
        if len(x):
            for way in self.ways(ref):
                way._see(x, ref)

    def _see(self, x: Tensor, ref: Tensor) -> None:
        plane = self.expect(ref)
        parts, keys, residuals = [], [], Residuals(plane)
        with torch.inference_mode():  # a twentieth of the time: the operations are many and small
            for rows in spans(len(x), _chunk(plane)):
                keys.append(content_keys(ref[rows]))
                parts.append(self._part(plane, ref[rows], x[rows], keys[-1], residuals))
        residuals.add_to(self.sums)
        self._add(np.concatenate(keys), parts)

    def _add(self, keys: NDArray[np.uint64], parts: list[_Part]) -> None:
        weights = torch.from_numpy(poisson_weights(keys))
        self.sums.add("count", weights.sum(0)[:, None])
        self.sums.add("keys", torch.from_numpy(keys.view(np.int64)).sum())
        for name in parts[0].rows:
            weighted_sums(self.sums, name, weights, torch.cat([part.rows[name] for part in parts]))
        for name in parts[0].sums:
            self.sums.add(name, torch.stack([part.sums[name] for part in parts]).sum(0))

    def _part(self, plane: Plane, ref: Tensor, x: Tensor, keys: NDArray[np.uint64], residuals: Residuals) -> _Part:
        """Few images, so that they stay near the processor."""
        shift, columns = shift_for(plane), []
        low: dict[str, Tensor] = {}
        added: dict[str, Tensor] = {}
        sides = list(zip(*(sides_of(plane, images, self.channels) for images in (ref, x)), strict=True))
        residuals.add(sides, keys)
        for p, (a, b) in enumerate(sides):
            spread, cross = shift.products(a, b)
            columns.append([*(plane.cells_of(*pair) for pair in ((a, a), (b, b), (a, b))), spread])
            added["cross"] = cross + added["cross"] if "cross" in added else cross
            for name, side in ((f"x{p}", a), (f"r{p}", b)):
                added[f"{name}.mean"] = total(plane, side)
                low[f"{name}.low"] = side.low
        summed = (functools.reduce(torch.add, group) for group in zip(*columns, strict=True))
        return _Part(dict(zip(("xx", "rr", "xr", "shift"), summed, strict=True)) | low, added)

    def one_way(self) -> PairsMeasurement:
        """Bands, curves, readings and bootstrap replicates of all pairs seen.

        Raises:
            NoDataError: no pair was seen.
            MeasureError: one pair alone, or references that do not differ from one another.
        """
        if "count" not in self.sums:
            raise NoDataError("paired spectra were asked for before any pair was seen; update with at least two pairs")
        n = int(self.sums["count"][0, 0])
        if n < 2:
            raise MeasureError("paired spectra need at least 2 pairs (the mean image is removed), got 1; give more")
        return paired_result(self._totals(n))

    def _totals(self, n: int) -> PairedSums:
        sums, plane = self.sums, self.plane()
        shift = shift_for(plane)
        xx, rr, xr = ([(f"{a}{p}", f"{b}{p}") for p in self.planes()] for a, b in ("xx", "rr", "xr"))
        return PairedSums(
            plane=plane,
            n=n,
            size=sums.shape,
            channels=self.channels,
            fingerprint=f"{n}:{int(sums['keys']) & (2**64 - 1):016x}",
            spectrum=Spectrum(*(centred(sums, plane, k, v, "count") for k, v in (("xx", xx), ("rr", rr), ("xr", xr)))),
            independence=independence(sums, plane, self.planes()),
            shift=shift.rows(sums, xr),
            shift_px=shift.px(sums, xr, n),
        )


_NEAR: Final = 1 << 18
"""Pixels of a part of a batch: what is made of them stays near the processor."""
_FEWEST: Final = 8
"""Fewer images would spend their time on the sums over a part."""


def _chunk(plane: Plane) -> int:
    return max(_FEWEST, _NEAR // (plane.height * plane.width))


MEASURE = PairedSpectra
