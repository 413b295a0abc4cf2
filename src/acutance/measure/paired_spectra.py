"""Paired spectra: how much of the real detail comes through, octave by octave (T1-T4, T7)."""

from __future__ import annotations

from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._base import PairMeasure
from acutance.measure._blocks import spans
from acutance.measure._fourier import Bins, Spectra, mixed
from acutance.measure._images import check_pairs
from acutance.measure._independence import independence_cost, second_order_variance
from acutance.measure._keys import content_keys
from acutance.measure._moments import centred, mean_of, mean_power, product, sides_of, total, weighted_sums
from acutance.measure._paired_result import Independence, PairedSums, PairsMeasurement, paired_result
from acutance.measure._plane import Plane
from acutance.measure._shift import shift_for
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
        parts = [self._part(plane, ref[rows], x[rows]) for rows in spans(len(x), _chunk(plane))]
        for name in parts[0]:
            weighted_sums(self.sums, name, weights, torch.cat([part[name] for part in parts]))

    def _part(self, plane: Plane, ref: Tensor, x: Tensor) -> dict[str, Tensor]:
        """What the bootstrap weighs, per image; few images, so that they stay near the processor. The rest is added."""
        shift, columns = shift_for(plane.height, plane.width, self.window), []
        low: dict[str, Tensor] = {}
        for p, (a, b) in enumerate(zip(*(sides_of(plane, images, self.channels) for images in (ref, x)), strict=True)):
            spread, cross = shift.products(a, b)
            columns.append([*(product(*pair).cells(plane) for pair in ((a, a), (b, b), (a, b))), spread])
            self.sums.add("cross", cross)
            self._add_residual(plane, a, b)
            for name, side in ((f"x{p}", a), (f"r{p}", b)):
                self.sums.add(f"{name}.mean", total(plane, side))
                low[f"{name}.low"] = side.low
        summed = (torch.stack(group).sum(0) for group in zip(*columns, strict=True))
        return dict(zip(("xx", "rr", "xr", "shift"), summed, strict=True)) | low

    def _add_residual(self, plane: Plane, a: Spectra, b: Spectra) -> None:
        """Squares of what is left over, per coefficient, and what tells the bins of one pair of frequencies apart."""
        residual = a.all - b.all
        self.sums.add("ee.mixed", mixed(residual.view(-1, *plane.shape)).sum(0).double())
        self.sums.add("ee", residual.square_().sum(0).double())
        self.sums.add("ee.square", residual.square_().sum(0).double())

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
        shift = shift_for(plane.height, plane.width, self.window)
        xx, rr, xr = ([(f"{a}{p}", f"{b}{p}") for p in self.planes()] for a, b in ("xx", "rr", "xr"))
        return PairedSums(
            plane=plane,
            n=n,
            size=sums.shape,
            channels=self.channels,
            fingerprint=f"{n}:{int(sums['keys']) & (2**64 - 1):016x}",
            spectrum=Spectrum(*(centred(sums, plane, k, v, "count") for k, v in (("xx", xx), ("rr", rr), ("xr", xr)))),
            independence=self._independence(plane, n),
            shift=shift.rows(sums, xr),
            shift_px=shift.px(sums, xr, n),
            mean_power=mean_power(sums, plane, (x for x, _ in xx), n),
        )

    def _independence(self, plane: Plane, n: int) -> Independence:
        """T7 from the residual power of every bin of the full plane, and what of its variance rings do not show.

        Where the residual is stronger in some images than in others, as its kurtosis tells, the images count as fewer:
        a complex Gaussian bin's power has the squared coefficient of variation 1 = 2/3 kurtosis - 1.
        """
        means = torch.stack([mean_of(self.sums, f"x{p}", n) - mean_of(self.sums, f"r{p}", n) for p in self.planes()])
        grids = means.view(-1, *plane.shape)
        squares = (self.sums["ee"].view(plane.shape) - n * grids.square().sum(0)) / (n - 1)
        across = (self.sums["ee.mixed"] - n * mixed(grids).sum(0)) / (n - 1)
        bins = Bins(plane.height, plane.width, plane.shape[1], plane.shape[3])
        used = bins.multiplicity > 0
        raw, there = self.sums["ee"].square(), (plane.multiplicity > 0) & (self.sums["ee"] > 0)
        kurtosis = (n * len(means) + 2) * (self.sums["ee.square"] / raw)[there].mean().item()
        degrees = (n - 1) / max(1.0, 2.0 / 3.0 * kurtosis - 1.0)
        counted = bins.multiplicity[used]
        value = independence_cost(bins.power(squares, across)[used], counted, degrees)
        return Independence(value, second_order_variance(counted, degrees), degrees)


_NEAR: Final = 1 << 18
"""Pixels of a part of a batch: what is made of them stays near the processor."""
_FEWEST: Final = 8
"""Fewer images would spend their time on the sums over a part."""


def _chunk(plane: Plane) -> int:
    return max(_FEWEST, _NEAR // (plane.height * plane.width))


MEASURE = PairedSpectra
