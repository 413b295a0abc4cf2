"""Samples against a real set in one call."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from torch import Tensor

from acutance.measure._bands import Band, Curve
from acutance.measure._bank import FeatureBank, Role
from acutance.measure._images import Channels, check_images
from acutance.measure._keys import content_keys, shared_share, sketch
from acutance.measure._measurement import Measurement
from acutance.measure._plane import Window
from acutance.measure._reading import Reading
from acutance.measure._squeezenet import FeatureNet, SqueezeNet
from acutance.measure.frechet_distance import FrechetDistance
from acutance.measure.gradient_kurtosis import GradientKurtosis
from acutance.measure.kernel_distance import KernelDistance
from acutance.measure.memorisation import Memorisation
from acutance.measure.neighbours import Neighbours
from acutance.measure.sample_spectra import SampleSpectra
from acutance.measure.vendi_score import VendiScore

__all__ = ["SamplesMeasurement", "measure_samples"]

_BATCH: Final = 256
_MAIN: Final = "last"
_ENOUGH_FOR_HALVES: Final = 8


@dataclass(frozen=True, kw_only=True)
class SamplesMeasurement(Measurement):
    """All readings of samples against a real set.

    Attributes:
        n_real: number of real images.
        n_fake: number of samples.
        bands: octaves, low to high, with `detail_ratio` alone.
        floor: the same of the real set's two halves against each other.
        curves: `detail_ratio`, `power_real`, `power_fake` along frequency.
        features: which features the distances are of.
    """

    n_real: int
    n_fake: int
    bands: tuple[Band, ...]
    floor: tuple[Band, ...]
    curves: tuple[Curve, ...]
    features: str


def measure_samples(
    *,
    real: Tensor | Iterable[Tensor],
    fake: Tensor | Iterable[Tensor],
    features: FeatureNet | None = None,
    channels: Channels = "luma",
    window: Window = "auto",
) -> SamplesMeasurement:
    """Measure samples against a real set: detail ratio per band, fidelity and diversity, with intervals and floors.

    Args:
        real: (N, C, H, W) in [0, 1], or an iterable of such batches.
        fake: the same for the samples; N may differ.
        features: images to features (N, D), or to several kinds by name; the shipped SqueezeNet by default.
        channels: `luma` or `each`, for the spectra.
        window: `auto`, `hann` or `none`, for the spectra.

    Returns:
        Readings `frechet_distance`, `kernel_distance`, `precision`, `recall`, `density`, `coverage` of the main
        features, `..._middle` (or another kind's name) of the others, and `..._floor`, the same of real against real.

    Raises:
        MeasureError: images that no measure works on, or too few of them.
        NoDataError: no real or no fake image.
    """
    net = SqueezeNet() if features is None else features
    spectra, kurtosis = SampleSpectra(channels=channels, window=window), GradientKurtosis()
    banks: dict[str, FeatureBank] = {}
    keys = {"real": sketch(), "fake": sketch()}
    populations: tuple[tuple[Role, Tensor | Iterable[Tensor]], ...] = (("real", real), ("fake", fake))
    for role, images in populations:
        for batch in _batches(images):
            checked = check_images(batch, role)
            spectra.update(**{role: checked})
            names = content_keys(checked)
            keys[role] = sketch(keys[role], names)
            for kind, found in _by_kind(net(checked)).items():
                banks.setdefault(kind, FeatureBank()).add(role, found, names)
            kurtosis.update(**{role: checked})
    result = spectra.result()
    shared = shared_share(keys["real"], keys["fake"])
    warning = (f"{100 * shared:.0f} % of the smaller set's images are also in the other set",) if shared > 0 else ()
    pixels = [*result.readings, *kurtosis.compute()]
    readings = [*pixels, *(reading for kind, bank in banks.items() for reading in _distances(kind, bank))]
    return SamplesMeasurement(
        n_real=result.n_real,
        n_fake=result.n_fake,
        bands=result.bands,
        floor=result.floor,
        curves=result.curves,
        readings=tuple(dataclasses.replace(r, preconditions=(*r.preconditions, *warning)) for r in readings),
        features=getattr(net, "name", type(net).__name__),
    )


def _batches(images: Tensor | Iterable[Tensor]) -> Iterable[Tensor]:
    if isinstance(images, Tensor):
        return (images[i : i + _BATCH] for i in range(0, len(images), _BATCH))
    return images


def _by_kind(found: Mapping[str, Tensor] | Tensor) -> Mapping[str, Tensor]:
    return {_MAIN: found} if isinstance(found, Tensor) else found


def _distances(kind: str, bank: FeatureBank) -> list[Reading]:
    """All distances of one kind of features; the main kind has the plain names."""
    suffix = "" if kind == _MAIN else f"_{kind}"
    readings = [
        FrechetDistance(bank).reading(f"frechet_distance{suffix}", bank),
        KernelDistance(bank).reading(f"kernel_distance{suffix}"),
    ]
    if kind == _MAIN:
        readings += [*Neighbours(bank=bank).compute(), *VendiScore(bank).compute(), *Memorisation(bank).compute()]
    if bank.count("real") >= _ENOUGH_FOR_HALVES:
        floor = FrechetDistance(bank.halves())
        readings.append(floor.reading(f"frechet_distance{suffix}_floor", floor.bank))
    return readings
