"""Paired spectra: how much of the real detail comes through, octave by octave (T1-T4, T7)."""

from __future__ import annotations

from typing import final

import numpy as np
import torch
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._base import PairMeasure
from acutance.measure._images import as_planes, check_pairs
from acutance.measure._keys import content_keys
from acutance.measure._moments import (
    add_side,
    centred,
    centred_bins,
    mean_power,
    product,
    sides_of,
    turn,
    weighted_sums,
)
from acutance.measure._paired_result import PairedSums, PairsMeasurement, paired_result
from acutance.measure._plane import Plane, Spectra
from acutance.measure._shift import shift_columns, shift_rows
from acutance.measure._spectra_measure import SpectraMeasure
from acutance.measure._spectral import Spectrum
from acutance.stats import poisson_weights

__all__ = ["MEASURE", "PairedSpectra"]


@final
class PairedSpectra(SpectraMeasure, PairMeasure):
    """Gain, detail ratio, coherence, explained detail and averaging slope per octave and per ring, with intervals.

    With `S_xx = E|X|^2`, `S_rr = E|R|^2`, `S_xr = Re E[conj(X) R]`, means over images of the spectra of `image - mean
    image`, powers summed over a band before they are divided (T2). Memory does not grow with the number of images.

    Args:
        channels: `luma` (default) or `each`, see `Channels`.
        window: `auto` (Hann from 64 px on), `hann` or `none`.

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
        if len(x) == 0:
            return
        plane = self.expect(x)
        keys = content_keys(ref)
        weights = torch.from_numpy(poisson_weights(keys))
        self.sums.add("count", weights.sum(0)[:, None])
        self.sums.add("keys", torch.from_numpy(keys.view(np.int64)).sum())
        xs, rs = (sides_of(plane, as_planes(images, self.channels)) for images in (ref, x))
        columns = torch.zeros(len(x), 3 * plane.cells + 5, dtype=torch.float64)
        for p, (a, b) in enumerate(zip(xs, rs, strict=True)):
            columns += self._columns(plane, a, b)
            add_side(self.sums, f"x{p}", plane, a, weights)
            add_side(self.sums, f"r{p}", plane, b, weights)
        xx, rr, xr, shift = torch.split(columns, [plane.cells] * 3 + [5], dim=1)
        for name, part in (("xx", xx), ("rr", rr), ("xr", xr), ("shift", shift)):
            weighted_sums(self.sums, name, weights, part)

    def _columns(self, plane: Plane, a: Spectra, b: Spectra) -> Tensor:
        """Per-image cell powers and shift sums; the per-bin sums are added on the way."""
        xx, rr, xr, across = product(a, a), product(b, b), product(a, b), turn(a, b)
        for name, products in (("xx", xx), ("rr", rr), ("xr", xr), ("turn", across)):
            self.sums.add(f"{name}.bins", products.total(plane))
        return torch.cat([*(p.cells(plane) for p in (xx, rr, xr)), shift_columns(plane, (xr.low, across.low))], dim=1)

    def result(self) -> PairsMeasurement:
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
        xx, rr, xr = ([(f"{a}{p}", f"{b}{p}") for p in self.planes()] for a, b in ("xx", "rr", "xr"))
        bins = {k: centred_bins(sums, f"{k}.bins", v, n) for k, v in (("xx", xx), ("rr", rr), ("xr", xr))}
        return PairedSums(
            plane=plane,
            n=n,
            size=sums.shape,
            channels=self.channels,
            fingerprint=f"{n}:{int(sums['keys']) & (2**64 - 1):016x}",
            spectrum=Spectrum(*(centred(sums, plane, k, v, "count") for k, v in (("xx", xx), ("rr", rr), ("xr", xr)))),
            residual=bins["xx"] + bins["rr"] - 2 * bins["xr"],
            cross=(bins["xr"], centred_bins(sums, "turn.bins", xr, n, part=1)),
            shift=shift_rows(sums, plane, xr),
            mean_power=mean_power(sums, plane, xx, n),
        )


MEASURE = PairedSpectra
