"""What paired spectra say: bands, curves, readings, and the replicates behind their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from acutance.errors import MeasureError
from acutance.measure._bands import Band, Curve
from acutance.measure._base import few_images
from acutance.measure._independence import Independence
from acutance.measure._measurement import Measurement
from acutance.measure._plane import DIRECTIONS, Plane
from acutance.measure._reading import Better, Reading
from acutance.measure._sharpness import VIEWING, acutance, blur_sigma, crossing, mtf_area, ratio
from acutance.measure._spectral import Spectrum, make_bands, make_curves, pair_values
from acutance.measure._unsmeared import ring_values
from acutance.stats import effective_n, percentile_interval, student_quantile

__all__ = ["PairedSums", "PairsMeasurement", "paired_result"]

Floats = NDArray[np.float64]

_SHIFT_TOLERANCE_PX: Final = 0.05
_LONG_PX: Final = 128
_SIDES_A_BLUR: Final = 4
"""A blur is looked for up to this part of the shorter side."""
_NEGLIGIBLE: Final = 1e-12
"""Mean power per bin, as variance of pixel values, below which there is nothing but rounding."""

_ROUNDING: Final = 1e-6
"""Share of the detail below which what is missing is but rounding."""

_T7: Final = "independence_nats_per_dim"
_SPEC: Final[dict[str, tuple[str, Better]]] = {
    "mtf50": ("cycles/px", "higher"),
    "mtf50p": ("cycles/px", "higher"),
    "mtf_area": ("ratio", "one"),
    "blur_sigma_px": ("px", "lower"),
    "faithful_acutance": ("ratio", "higher"),
    "apparent_acutance": ("ratio", "one"),
    "detail_ratio_top_octave": ("ratio", "one"),
    "coherence_top_octave": ("ratio", "higher"),
    "averaging_slope": ("ratio", "none"),
    "averaging_gap": ("ratio", "none"),
    "response_index": ("ratio", "none"),
    _T7: ("nats/dimension", "lower"),
    "shift_down_px": ("px", "none"),
    "shift_right_px": ("px", "none"),
}


@dataclass(frozen=True)
class PairedSums:
    """Centred sums, ready to be divided."""

    plane: Plane
    n: int
    size: tuple[int, ...]
    channels: str
    fingerprint: str
    spectrum: Spectrum
    independence: Independence
    shift: Floats
    shift_px: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class PairsMeasurement(Measurement):
    """Outputs against their references.

    Attributes:
        n: number of pairs.
        effective_n: as how many equal pairs they count, by the references' power in all octaves, weighted by frequency;
            intervals are as wide as those of so few (T22).
        fingerprint: names the set of references; equal for two subjects measured on the same images.
        channels: whose spectra were taken, `luma` or `each`.
        windowed: whether they were taken under a Hann window.
        bands: octaves, low to high.
        directions: the same octaves for horizontal, vertical and diagonal detail (upsampling artefacts differ in them).
        curves: the values of bands along rings, and the powers.
        acutance: faithful and apparent acutance over viewing conditions (frequency is in px/degree).
        replicates: (B,) bootstrap replicates of each reading, by name.
        band_replicates: (B, bands) bootstrap replicates of each band value, by name.
        octaves: powers of each band, (1 + B, bands): row 0 the data as they are, the others the replicates.
    """

    n: int
    effective_n: float
    fingerprint: str
    channels: str
    windowed: bool
    bands: tuple[Band, ...]
    directions: dict[str, tuple[Band, ...]]
    curves: tuple[Curve, ...]
    acutance: tuple[Curve, ...]
    replicates: dict[str, Floats] = field(repr=False)
    band_replicates: dict[str, Floats] = field(repr=False)
    octaves: Spectrum = field(repr=False)


def paired_result(sums: PairedSums) -> PairsMeasurement:
    """Divide, and put intervals to everything."""
    spectrum, plane = _without_rounding(sums), sums.plane
    rings = len(plane.rings)
    by_direction = spectrum.part(rings, plane.cells)
    octaves, along = by_direction.summed(3), spectrum.part(0, rings)
    band, ring = pair_values(octaves), ring_values(along, plane)
    few = effective_n((octaves.xx * _centre(plane)).sum(1), sums.n)
    values = _readings_values(sums, octaves, along, band, ring)
    per_bin = math.prod(sums.size[1:]) ** 2
    powers = {"power_real": along.xx / per_bin, "power_fake": along.rr / per_bin}
    frequency = plane.rings.numpy()
    return PairsMeasurement(
        n=sums.n,
        effective_n=few,
        fingerprint=sums.fingerprint,
        channels=sums.channels,
        windowed=plane.windowed,
        bands=make_bands(plane.octaves, band, few),
        directions={
            name: make_bands(plane.octaves, pair_values(by_direction.every(d, 3)), few)
            for d, name in enumerate(DIRECTIONS)
        },
        curves=make_curves(frequency, ring | powers, few),
        acutance=_acutance_curves(frequency, ring, few),
        readings=tuple(_reading(name, rows, sums, values, few) for name, rows in values.items()),
        replicates={name: rows[1:] for name, rows in values.items()},
        band_replicates={name: rows[1:] for name, rows in band.items()},
        octaves=octaves,
    )


def _without_rounding(sums: PairedSums) -> Spectrum:
    """The spectrum with cells that hold only rounding errors set to zero power.

    Raises:
        MeasureError: the references do not differ from one another in any band.
    """
    s = sums.spectrum
    floor = _NEGLIGIBLE * math.prod(sums.size[1:])
    xx, rr = (np.where(power[:1] > floor, power, 0.0) for power in (s.xx, s.rr))
    if not (xx[0] > 0).any():
        raise MeasureError("the reference images are all the same, so there is no detail to compare; give others")
    return Spectrum(xx, rr, np.where((xx[:1] > 0) & (rr[:1] > 0), s.xr, 0.0))


def _readings_values(
    sums: PairedSums, octaves: Spectrum, rings: Spectrum, band: dict[str, Floats], ring: dict[str, Floats]
) -> dict[str, Floats]:
    """Every reading's value (row 0) and replicates; the averaging gap is `(S_ee - S_xx + S_rr) / S_xx` (T1)."""
    f = sums.plane.rings.numpy()
    centre = _centre(sums.plane)
    gain, apparent = _known(ring["gain"]), np.sqrt(np.clip(_known(ring["detail_ratio"]), 0.0, None))
    weight = octaves.xx * centre
    missing, whole = np.nansum(weight * (1.0 - band["coherence"]), axis=1), weight.sum(axis=1)
    missing = np.where(missing > _ROUNDING * whole, missing, 0.0)
    peak = np.maximum.accumulate(gain, axis=1)[:, -1]
    side = min(sums.size[1:])
    shift = _shift(sums, octaves)
    return {
        "mtf50": crossing(f, gain, 0.5),
        "mtf50p": crossing(f, gain, 0.5 * np.maximum(peak, 1.0)),
        "mtf_area": mtf_area(f, gain),
        "blur_sigma_px": blur_sigma(f, gain, rings.xx * f, side / _SIDES_A_BLUR),
        "faithful_acutance": acutance(f, gain),
        "apparent_acutance": acutance(f, apparent),
        "detail_ratio_top_octave": band["detail_ratio"][:, -1],
        "coherence_top_octave": band["coherence"][:, -1],
        "averaging_slope": ratio((octaves.xr * centre).sum(1), (octaves.rr * centre).sum(1)),
        "averaging_gap": ratio(2.0 * ((octaves.rr - octaves.xr) * centre).sum(1), whole),
        "response_index": ratio(np.nansum(weight * (band["detail_ratio"] - band["coherence"]), axis=1), missing),
        _T7: _independence(sums, rings),
        "shift_down_px": shift[:, 0],
        "shift_right_px": shift[:, 1],
    }


def _centre(plane: Plane) -> Floats:
    return np.array([math.sqrt(low * high) for low, high in plane.octaves])


def _known(rows: Floats) -> Floats:
    """Rings without real power (NaN in the data) filled from their neighbours, so that curves can be integrated."""
    bad = np.isnan(rows[0])
    if not bad.any():
        return rows
    good = np.flatnonzero(~bad)
    nearest = good[np.abs(good[:, None] - np.arange(rows.shape[1])[None, :]).argmin(axis=0)]
    return rows[:, nearest]


def _independence(sums: PairedSums, rings: Spectrum) -> Floats:
    """T7 from the bins; its replicates those of the rings, spread as the jackknife says."""
    bins = sums.plane.bins_per_ring.numpy()
    power = (rings.xx + rings.rr - 2.0 * rings.xr) / bins
    share = bins / bins.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        coarse = 0.5 * (np.log(power @ share) - np.log(power) @ share)
    if not np.isfinite(coarse[0]):
        return np.full_like(coarse, np.nan)
    known = coarse[1:][np.isfinite(coarse[1:])]
    rows = sums.independence.value + sums.independence.error * (coarse - known.mean()) / (known.std() or 1.0)
    rows[0] = sums.independence.value
    return np.asarray(rows)


def _shift(sums: PairedSums, octaves: Spectrum) -> Floats:
    """Shift in px, (1 + replicates, 2); the spread is that of the linearised estimate."""
    if not octaves.rr[0].any():
        return np.full_like(sums.shift, np.nan)
    return np.asarray(np.array(sums.shift_px) + sums.shift - sums.shift[0])


def _acutance_curves(frequency: Floats, ring: dict[str, Floats], n: float) -> tuple[Curve, ...]:
    gain, apparent = _known(ring["gain"]), np.sqrt(np.clip(_known(ring["detail_ratio"]), 0.0, None))
    rows = {
        name: np.stack([acutance(frequency, g, v) for v in VIEWING], axis=1)
        for name, g in (("faithful_acutance", gain), ("apparent_acutance", apparent))
    }
    return make_curves(np.array(VIEWING), rows, n)


def _reading(name: str, rows: Floats, sums: PairedSums, values: dict[str, Floats], few: float) -> Reading:
    unit, better = _SPEC[name]
    low, high = percentile_interval(rows[1:], few) if name != _T7 else _student(sums.independence)
    return Reading(
        name=name,
        value=float(rows[0]),
        unit=unit,
        better=better,
        n=sums.n,
        low=float(low),
        high=float(high),
        preconditions=(
            *few_images(sums.n),
            *_violated(name, values),
            *_cut_short(name, sums.plane, values),
            *_largest(name, sums, values),
            *_unequal(name, sums.independence),
        ),
    )


def _student(found: Independence) -> tuple[float, float]:
    half = student_quantile(0.975, found.groups - 1.0) * found.error
    return found.value - half, found.value + half


def _unequal(name: str, found: Independence) -> tuple[str, ...]:
    """What is beyond a correction of first order."""
    if name != _T7 or not abs(found.taken_off) > found.error:
        return ()
    return (f"far stronger residuals in some images than in others had added {found.taken_off:.2g}: some may be left",)


def _violated(name: str, values: dict[str, Floats]) -> tuple[str, ...]:
    """Preconditions of one reading that do not hold, in words."""
    found = []
    shift = math.hypot(values["shift_down_px"][0], values["shift_right_px"][0])
    if name in _SHARP and shift > _SHIFT_TOLERANCE_PX:
        found.append(f"the output is shifted by {shift:.2f} px, which lowers the gain without being blur")
    if name in ("mtf50", "mtf50p") and values[name][0] >= 0.5:
        found.append("the gain does not fall to the level below Nyquist; Nyquist is given")
    if name == "blur_sigma_px" and values["mtf_area"][0] > 1.02:
        found.append("the gain exceeds 1: the output is sharpened, not blurred")
    if name in _SHIFTS and shift > 1.0:
        found.append("the interval of a shift of more than a pixel is rough")
    return (*found, *_undefined(name, values[name]))


def _cut_short(name: str, plane: Plane, values: dict[str, Floats]) -> tuple[str, ...]:
    """A window moves with the place and not with the picture: what it hides of a shift falls with the size."""
    short = plane.windowed and min(plane.height, plane.width) < _LONG_PX and abs(values[name][0]) > _SHIFT_TOLERANCE_PX
    return (
        ("under a window below 128 px a shift of photographs is read 5 to 25 % short",)
        if name in _SHIFTS and short
        else ()
    )


def _largest(name: str, sums: PairedSums, values: dict[str, Floats]) -> tuple[str, ...]:
    """A blur that leaves nothing above the lowest frequencies could be any larger one."""
    largest = min(sums.size[1:]) / _SIDES_A_BLUR
    if name != "blur_sigma_px" or not values[name][0] > 0.99 * largest:
        return ()
    return (f"{largest:g} px, a quarter of the shorter side, is the largest that is looked for: it may be larger",)


def _undefined(name: str, rows: Floats) -> tuple[str, ...]:
    """Why a reading has no value or no interval, where it has none."""
    if not math.isfinite(rows[0]):
        return (_NO_VALUE.get(name, _NO_POWER),)
    if np.isfinite(rows[1:]).mean() < 0.5:
        return ("no interval: most resampled sets hold nothing to measure, since all detail is in a few pairs",)
    return ()


_NO_POWER: Final = "not defined here: there is no output or residual power to divide by"
_NO_SHIFT: Final = "the outputs follow their references too little for a shift to be read"
_SHIFTS: Final = ("shift_down_px", "shift_right_px")
_NO_VALUE: Final = dict.fromkeys(_SHIFTS, _NO_SHIFT) | {
    "response_index": "not defined here: all detail came through, or there was none"
}
_SHARP: Final = frozenset(
    {"mtf50", "mtf50p", "mtf_area", "blur_sigma_px", "faithful_acutance", "coherence_top_octave", "response_index"}
)
