"""Paired spectra: how much of the real detail comes through, octave by octave (T1-T4, T7)."""

from __future__ import annotations

import functools
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._base import PairMeasure
from acutance.measure._blocks import spans
from acutance.measure._fourier import cross
from acutance.measure._images import check_pairs
from acutance.measure._independence import GROUPS, Residuals, groups_of, independence
from acutance.measure._keys import content_keys
from acutance.measure._moments import Batch, Powers, add_means, centred, weighted_sums
from acutance.measure._paired_result import PairedSums, PairsMeasurement, paired_result
from acutance.measure._shift import Shift, shift_for
from acutance.measure._spectra_measure import SpectraMeasure
from acutance.measure._spectral import Spectrum
from acutance.stats import poisson_weights

__all__ = ["MEASURE", "PairedSpectra"]


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
            keys = content_keys(ref)
            for way in self.ways(ref):
                way._see(x, ref, keys)

    def _see(self, x: Tensor, ref: Tensor, keys: NDArray[np.uint64]) -> None:
        plane, work, residuals = self.expect(ref), self.work, Residuals()
        shift, group, weights = shift_for(plane), groups_of(keys), torch.from_numpy(poisson_weights(keys))
        a, b = (Batch(plane, images, self.channels, work, name) for images, name in ((ref, "x"), (x, "r")))
        xx, rr, xr = powers = [Powers(*pair) for pair in ((a, a), (b, b), (a, b))]
        crossed = torch.zeros(len(shift.weight), dtype=torch.complex128)
        with torch.inference_mode():
            for at in spans(len(ref), plane.at_once):
                for p, (real, fake) in enumerate(zip(a.part(at), b.part(at), strict=True)):
                    crossed += shift.summed_cross(real, fake)
                    xx.add(at, real, real)
                    rr.add(at, fake, fake)
                    xr.add(at, real, fake)
                    residuals.add(p, real, fake, group[at], work)
        self.sums.add("count", weights.sum(0)[:, None])
        self.sums.add("keys", torch.from_numpy(keys.view(np.int64)).sum())
        self.sums.add("groups", torch.bincount(group, minlength=GROUPS))
        for power in powers:
            weighted_sums(self.sums, power.name, weights, power.whole())
        for side in (a, b):
            add_means(self.sums, side.name, side, weights)
        self._add_shift(shift, crossed, functools.reduce(torch.add, map(cross, a.low, b.low)), weights)
        residuals.add_to(self.sums, a, b, group)

    def _add_shift(self, shift: Shift, crossed: Tensor, low: Tensor, weights: Tensor) -> None:
        rows, whole = shift.of_batch(crossed, low)
        weighted_sums(self.sums, "shift", weights, rows)
        self.sums.add("cross", whole)

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


MEASURE = PairedSpectra
