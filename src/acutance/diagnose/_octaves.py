"""The error of a stage, split by band and by kind, for the data and for every bootstrap replicate (T2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from acutance.diagnose._diagnosis import Estimate
from acutance.measure import Reading
from acutance.measure.paired_spectra import PairedSpectra
from acutance.stats import percentile_interval

__all__ = ["Floats", "Octaves", "estimate", "octaves_of"]

Floats = NDArray[np.float64]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Octaves:
    """Powers of each octave of the references, of the outputs and across, (1 + replicates, bands).

    Row 0 is the data as they are. Replicate b weighs an image alike in every stage, so that rows of two stages may be
    subtracted. Bands are weighted by the references' power times frequency: the parts below are shares of
    `sum_k f_k S_xx,k`, and a sum over bands is a number that counts the finest octaves.

    Attributes:
        n: number of images.
        effective_n: as how many equal images those count (T22).
        centre: (bands,) geometric centre of each band in cycles/px.
        xx: power of the references.
        rr: power of the outputs.
        xr: real part of the cross power.
    """

    n: int
    effective_n: float
    centre: Floats
    xx: Floats
    rr: Floats
    xr: Floats

    def weigh(self, power: Floats) -> Floats:
        """A power of each band as its part of the weighted whole of the references, (1 + replicates, bands)."""
        whole = (self.xx * self.centre).sum(1, keepdims=True)
        return np.asarray(power * self.centre / np.where(whole > 0, whole, np.nan))

    @property
    def lost(self) -> Floats:
        """`w (1 - e)`: what is not explained, part by part of the weighted whole."""
        return self.weigh(self.xx + self.rr - 2 * self.xr)

    @property
    def missing(self) -> Floats:
        """`w (1 - q)`: information that is missing."""
        return self.weigh(self.xx - np.where(self.rr > 0, self.xr**2 / np.where(self.rr > 0, self.rr, 1.0), 0.0))

    @property
    def coherence(self) -> Floats:
        """q weighted over bands, (1 + replicates,)."""
        return np.asarray(1.0 - self.missing.sum(1))

    @property
    def detail(self) -> Floats:
        """y weighted over bands, (1 + replicates,)."""
        return np.asarray(self.weigh(self.rr).sum(1))

    @property
    def gain(self) -> Floats:
        """H weighted over bands, (1 + replicates,)."""
        return np.asarray(self.weigh(self.xr).sum(1))

    @property
    def finest(self) -> tuple[float, float]:
        """Coherence and detail ratio of the finest octave; NaN where the references have nothing there."""
        power = float(self.xx[0, -1])
        if power <= 0:
            return float("nan"), float("nan")
        whole = float(self.weigh(self.xx)[0, -1])
        return 1.0 - float(self.missing[0, -1]) / whole, float(self.rr[0, -1]) / power

    @property
    def slope(self) -> Floats:
        """The averaging slope b over all bands, (1 + replicates,) (T4)."""
        cross, output = ((power * self.centre).sum(1) for power in (self.xr, self.rr))
        return np.asarray(cross / np.where(output > 0, output, np.nan))


def octaves_of(batches: Iterable[tuple[Tensor, Tensor]]) -> tuple[Octaves, dict[str, Reading]]:
    """Measures outputs against references.

    Args:
        batches: of (reference, output), each (n, C, H, W) in [0, 1].

    Returns:
        The powers, and the single readings by name.
    """
    spectra = PairedSpectra()
    for reference, output in batches:
        spectra.update(output, reference)
    found = spectra.result()
    centre = np.array([(band.low * band.high) ** 0.5 for band in found.bands])
    powers = found.octaves
    octaves = Octaves(n=found.n, effective_n=found.effective_n, centre=centre, xx=powers.xx, rr=powers.rr, xr=powers.xr)
    return octaves, {reading.name: reading for reading in found.readings}


def estimate(rows: Floats, n: float) -> Estimate:
    """A number (row 0) with the interval of its replicates (the other rows)."""
    low, high = percentile_interval(rows[1:], n)
    return Estimate(value=float(rows[0]), low=float(low), high=float(high))
