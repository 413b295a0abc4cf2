"""Noise use: whether several outputs for one input differ as much as the input leaves open (T11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._bands import Band, Curve
from acutance.measure._base import few_images
from acutance.measure._images import Channels, check_pairs
from acutance.measure._keys import content_keys
from acutance.measure._measurement import Measurement
from acutance.measure._moments import Batch, add_population, centred, powers_of, weighted_sums
from acutance.measure._plane import Window
from acutance.measure._reading import Better, Reading
from acutance.measure._sharpness import ratio
from acutance.measure._spectra_measure import SpectraMeasure
from acutance.measure._spectral import make_bands, make_curves
from acutance.stats import effective_n, percentile_interval, poisson_weights

__all__ = ["DrawsMeasurement", "NoiseUse", "noise_use"]

Floats = NDArray[np.float64]
Draws = Tensor | Sequence[Tensor]

_NEGLIGIBLE: Final = 1e-12
"""Variance of pixel values below which nothing is left open but rounding."""
_SPEC: Final[dict[str, tuple[str, Better]]] = {
    "noise_use": ("ratio", "one"),
    "conditional_variance": ("squared value", "none"),
}


@dataclass(frozen=True, kw_only=True)
class DrawsMeasurement(Measurement):
    """Several outputs for each input.

    Attributes:
        n: number of inputs.
        draws: outputs for each.
        windowed: whether the bands were taken under a Hann window.
        bands: octaves, low to high, with `noise_use` and `conditional_share`, the power that varies between outputs of
            one input over the power of the real images, `S_vv / S_xx`.
        curves: the same along rings.
    """

    n: int
    draws: int
    windowed: bool
    bands: tuple[Band, ...]
    curves: tuple[Curve, ...]


@final
class NoiseUse(SpectraMeasure[DrawsMeasurement]):
    """Diversity given the input, `rho = E|r1 - r2|^2 / (2 D*)` and `S_vv / D*(f)` per band (T11).

    1 for a posterior sampler, 0 where noise is ignored. With K outputs `r = m + v`, v independent noise, V is their
    variance (K - 1) and `D = E|x - mean r|^2 - V / K` the error of the outputs' own mean m. D is the least error D*
    where m is the conditional mean; where m is worse, rho is too low.

    References:
        T11, T22 in docs/theory.md.
    """

    @torch.no_grad()
    def update(self, draws: Draws, ref: Tensor) -> None:
        """See a batch of references and K outputs for each.

        Args:
            draws: K batches (N, C, H, W), or one tensor (K, N, C, H, W), from the same codes with other noise.
            ref: (N, C, H, W).

        Raises:
            MeasureError: fewer than two draws, another number than before, or batches that differ in shape.
        """
        if len(draws) < 2:
            raise MeasureError(f"noise use needs at least 2 outputs for each input, got {len(draws)}; draw more")
        pairs = [check_pairs(draw, ref) for draw in draws]
        ref = pairs[0][1].double()
        if len(ref):
            for way in self.ways(ref):
                way._see([x for x, _ in pairs], ref)

    def _see(self, draws: Sequence[Tensor], ref: Tensor) -> None:
        self.sums.expect((*ref.shape[1:], len(draws)), "noise use (channels, height, width, draws)")
        weights = torch.from_numpy(poisson_weights(content_keys(ref)))
        mean = torch.stack([x.double() for x in draws]).mean(0)
        varied = torch.stack([self._powers(x.double() - mean) for x in draws]).sum(0) / (len(draws) - 1)
        weighted_sums(self.sums, "varied", weights, varied)
        weighted_sums(self.sums, "left", weights, self._powers(ref - mean) - varied / len(draws))
        add_population(self.sums, "real", self._batch(ref), weights)

    def _powers(self, images: Tensor) -> Tensor:
        """Per image: mean square over channels and pixels, then the power per cell."""
        squares = images.square().flatten(1).mean(1)[:, None]
        return torch.cat([squares, powers_of(self._batch(images))], dim=1)

    def _batch(self, images: Tensor) -> Batch:
        return Batch(self.plane(), images, self.channels, self.work)

    def one_way(self) -> DrawsMeasurement:
        """Readings, bands and curves of all inputs seen.

        Raises:
            NoDataError: no input was seen.
            MeasureError: one alone.
        """
        if "real.count" not in self.sums:
            raise NoDataError("noise use was asked for before any image was seen; update with at least two")
        n = int(self.sums["real.count"][0, 0])
        if n < 2:
            raise MeasureError(f"noise use needs at least 2 images, got {n}; give more")
        plane, count = self.plane(), self.sums["real.count"].clamp(min=1e-9)
        varied, left = ((self.sums[name] / count).numpy() for name in ("varied", "left"))
        real = centred(
            self.sums, plane, "real.power", [(f"real.{p}", f"real.{p}") for p in self.planes()], "real.count"
        )
        values = _values(varied[:, 1:], left[:, 1:], real, plane.height * plane.width)
        rings = len(plane.rings)
        along = {name: ratio(*(part[:, :rings] for part in parts)) for name, parts in values.items()}
        octaves = {name: ratio(*(_octaves(part[:, rings:]) for part in parts)) for name, parts in values.items()}
        few = effective_n(left[:, 0], n)
        rho = np.where(left[:1, 0] > _NEGLIGIBLE, ratio(varied[:, 0], left[:, 0]), np.nan)
        return DrawsMeasurement(
            n=n,
            draws=self.sums.shape[3],
            windowed=plane.windowed,
            bands=make_bands(plane.octaves, octaves, few),
            curves=make_curves(plane.rings.numpy(), along, few),
            readings=(
                _reading("noise_use", rho, n, few),
                _reading("conditional_variance", varied[:, 0], n, few),
            ),
        )


def _values(varied: Floats, left: Floats, real: Floats, pixels: int) -> dict[str, tuple[Floats, Floats]]:
    """Numerator and denominator per cell; denominators that hold rounding alone are 0."""
    floor = _NEGLIGIBLE * pixels
    return {
        "noise_use": (varied, np.where(left[:1] > floor, left, 0.0)),
        "conditional_share": (varied, np.where(real[:1] > floor, real, 0.0)),
    }


def _octaves(cells: Floats) -> Floats:
    return np.asarray(cells.reshape(len(cells), -1, 3).sum(-1))


def _reading(name: str, rows: Floats, n: int, few: float) -> Reading:
    unit, better = _SPEC[name]
    low, high = percentile_interval(rows[1:], few)
    exact = ("the outputs' mean equals the images: nothing is left open",) if np.isnan(rows[0]) else ()
    return Reading(
        name=name,
        value=float(rows[0]),
        unit=unit,
        better=better,
        n=n,
        low=float(low),
        high=float(high),
        preconditions=(*few_images(n), *exact),
    )


def noise_use(
    ref: Tensor | None = None,
    draws: Draws | None = None,
    *,
    batches: Iterable[tuple[Tensor, Draws]] | None = None,
    channels: Channels = "luma",
    window: Window = "auto",
) -> DrawsMeasurement:
    """Measure K outputs for each input: noise use and conditional variance, overall and per band (T11).

    Args:
        ref: (N, C, H, W) real images in [0, 1].
        draws: K batches of outputs for them, or one tensor (K, N, C, H, W); K >= 2.
        batches: instead of the two, an iterable of (ref, draws) batches; memory then does not grow with N.
        channels: `luma` or `each`, for the bands.
        window: `auto`, `hann` or `none`, for the bands.

    Raises:
        MeasureError: neither or both forms were given, or the images are not what a measure works on.
        NoDataError: there was no image.

    Example:
        >>> import torch
        >>> ref, draws = 0.5 * torch.rand(8, 1, 16, 16), torch.zeros(3, 8, 1, 16, 16)
        >>> noise_use(ref, draws).reading("noise_use").value
        0.0
    """
    if (batches is None) == (ref is None or draws is None):
        raise MeasureError("noise_use: give either ref and draws, or batches=, an iterable of (ref, draws)")
    measure = NoiseUse(channels=channels, window=window)
    if batches is None:
        assert ref is not None and draws is not None
        batches = [(ref, draws)]
    for some_ref, some_draws in batches:
        measure.update(some_draws, some_ref)
    return measure.result()
