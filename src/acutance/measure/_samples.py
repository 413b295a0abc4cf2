"""Samples against a real set in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, final, get_args

import torch
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._bands import Band, Curve
from acutance.measure._base import known_word
from acutance.measure._distances import Effort, all_readings, distances
from acutance.measure._features import FeatureNet
from acutance.measure._images import Channels
from acutance.measure._measurement import Measurement, noted
from acutance.measure._modes import mode_count
from acutance.measure._plane import Window
from acutance.measure._reading import Reading
from acutance.measure._sample_sets import MAIN_KIND, SampleSets
from acutance.measure._squeezenet import SqueezeNet

__all__ = ["Modes", "SamplesMeasurement", "measure_samples", "measured"]

_BATCH: Final = 256


@dataclass(frozen=True, kw_only=True)
class SamplesMeasurement(Measurement):
    """All readings of samples against a real set.

    Attributes:
        n_real: number of real images.
        n_fake: number of samples.
        windowed: whether the spectra were taken under a Hann window.
        bands: octaves, low to high, with `detail_ratio` alone.
        floor: the same of the real set's two halves against each other.
        curves: `detail_ratio`, `power_real`, `power_fake` along frequency.
        features: which features the distances are of.
    """

    n_real: int
    n_fake: int
    windowed: bool
    bands: tuple[Band, ...]
    floor: tuple[Band, ...]
    curves: tuple[Curve, ...]
    features: str


@final
@dataclass(frozen=True, kw_only=True)
class Modes:
    """Modes that are known, and how to tell which one an image shows.

    Attributes:
        label: images (n, C, H, W) to modes (n,), 0 ... count - 1; it should make no errors, or `hits` outvote them.
        count: how many modes there are.
        hits: samples that make a mode count.
    """

    label: Callable[[Tensor], Tensor]
    count: int
    hits: int = 3


def measure_samples(
    *,
    real: Tensor | Iterable[Tensor] | SampleSets,
    fake: Tensor | Iterable[Tensor],
    features: FeatureNet | None = None,
    channels: Channels = "luma",
    window: Window = "auto",
    ks: tuple[int, ...] = (3, 5),
    modes: Modes | None = None,
    effort: Effort = "full",
) -> SamplesMeasurement:
    """Measure samples against a real set: detail ratio per band, fidelity and diversity, with intervals and floors.

    Args:
        real: (N, C, H, W) in [0, 1], or an iterable of such batches; or a `SampleSets` that has seen the real set, and
            then brings features, channels and window with it.
        fake: the same for the samples; N may differ.
        features: images to features (N, D), or to several kinds by name; the shipped SqueezeNet by default.
        channels: `luma` or `each`, for the spectra.
        window: `auto`, `hann` or `none`, for the spectra.
        ks: neighbour numbers of precision, recall, density and coverage, all from one pass.
        modes: counts modes among the samples.
        effort: `fast` leaves out the Frechet limit, memorised share and birthday support.

    Returns:
        Readings of spectra, gradients and edges (`detail_ratio_top_octave`, `spectrum_gap_db`, `edge_mtf50`, ...);
        `frechet_distance`, `kernel_distance`, `precision`, `recall`, `density`, `coverage`, `vendi_score`, ...
        of the main features, the distances with `_middle` (or another kind's name) of the others, and with `_floor`,
        which is real against real.

    Raises:
        MeasureError: images that no measure works on, or too few of them.
        NoDataError: no real or no fake image.
        ConfigError: a word that is not one of those above, or features that are no function.

    Example:
        >>> import torch
        >>> real, fake = torch.rand(2, 40, 1, 16, 16).unbind()
        >>> found = measure_samples(real=real, fake=fake, features=lambda images: images.flatten(1)[:, :8])
        >>> found.reading("precision").n
        40
    """
    known_word("effort", effort, get_args(Effort))
    net = SqueezeNet() if features is None else features
    sets = SampleSets(net, channels=channels, window=window)
    if isinstance(real, SampleSets):
        sets = SampleSets(real.net, channels=real.spectra.channels, window=real.spectra.window).merge(real)
    else:
        for batch in _batches(real):
            sets.update(real=batch)
    labels = []
    for batch in _batches(fake):
        sets.update(fake=batch)
        if modes is not None:
            labels.append(_labels(modes, batch))
    counted = mode_count(torch.cat(labels), modes.count, hits=modes.hits) if modes is not None and labels else ()
    return measured(sets, ks=ks, effort=effort, more=counted)


def measured(
    sets: SampleSets, *, ks: tuple[int, ...] = (3, 5), effort: Effort = "full", more: tuple[Reading, ...] = ()
) -> SamplesMeasurement:
    """What two populations that were seen say of one another; see `measure_samples`.

    Args:
        sets: what was seen.
        ks: neighbour numbers.
        effort: how much to read.
        more: readings to put beside these.

    Raises:
        MeasureError: too few images.
        NoDataError: no real or no fake image.
    """
    result = sets.spectra.result()
    pixels = [*result.readings, *sets.pixels.compute(), *more]
    of_features = [
        reading
        for kind, bank in sets.banks.items()
        for reading in (all_readings(bank, ks, effort) if kind == MAIN_KIND else distances(f"_{kind}", bank))
    ]
    far = noted(filter(_far, of_features), sets.unlike_inception())
    near = [reading for reading in of_features if not _far(reading)]
    return SamplesMeasurement(
        readings=noted((*pixels, *noted((*far, *near), sets.resized())), sets.preconditions()),
        n_real=result.n_real,
        n_fake=result.n_fake,
        windowed=result.windowed,
        bands=result.bands,
        floor=result.floor,
        curves=result.curves,
        features=sets.features,
    )


def _far(reading: Reading) -> bool:
    """Whether it is a distance that others know by features of one network."""
    return reading.name.startswith(("frechet_distance", "kernel_distance"))


def _batches(images: Tensor | Iterable[Tensor]) -> Iterable[Tensor]:
    if isinstance(images, Tensor):
        return (images[i : i + _BATCH] for i in range(0, len(images), _BATCH))
    return images


def _labels(modes: Modes, images: Tensor) -> Tensor:
    labels = modes.label(images)
    if labels.shape != (len(images),) or labels.is_floating_point():
        raise MeasureError(
            f"modes: asked for a whole number per image, ({len(images)},), got {labels.dtype} {tuple(labels.shape)}"
        )
    return labels.cpu().long()
