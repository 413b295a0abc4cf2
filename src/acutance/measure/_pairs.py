"""Outputs against their references in one call."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._images import Channels
from acutance.measure._paired_result import PairsMeasurement
from acutance.measure._plane import Window
from acutance.measure._reading import Reading
from acutance.measure._ssim import SSIM_SIDE
from acutance.measure.paired_spectra import PairedSpectra
from acutance.measure.psnr import Psnr
from acutance.measure.ssim import Ssim
from acutance.stats import percentile_interval

__all__ = ["measure_pairs", "paired_difference"]

_BATCH = 256


def measure_pairs(
    ref: Tensor | None = None,
    x: Tensor | None = None,
    *,
    batches: Iterable[tuple[Tensor, Tensor]] | None = None,
    channels: Channels = "luma",
    window: Window = "auto",
) -> PairsMeasurement:
    """Measure outputs against their references: spectra, PSNR, SSIM, with intervals.

    Args:
        ref: (N, C, H, W) references in [0, 1].
        x: (N, C, H, W) outputs in [0, 1], in the same order.
        batches: instead of the two, an iterable of (ref, x) batches; memory then does not grow with N.
        channels: `luma` or `each`, for the spectra.
        window: `auto`, `hann` or `none`, for the spectra.

    Raises:
        MeasureError: neither or both forms were given, or the images are not what a measure works on.
        NoDataError: there was no pair.

    Example:
        >>> import torch
        >>> ref = torch.rand(8, 1, 32, 32)
        >>> found = measure_pairs(ref, ref * 0.5)
        >>> round(found.bands[-1].values["gain"], 3)
        0.5
    """
    if (batches is None) == (ref is None or x is None):
        raise MeasureError("measure_pairs: give either ref and x, or batches=, an iterable of (ref, x)")
    if batches is None:
        assert ref is not None and x is not None
        if len(ref) != len(x):
            raise MeasureError(f"pairs must match: {len(ref)} references but {len(x)} outputs; give one output each")
        batches = ((ref[i : i + _BATCH], x[i : i + _BATCH]) for i in range(0, len(ref), _BATCH))
    spectra, psnr, ssim = PairedSpectra(channels=channels, window=window), Psnr(), Ssim()
    small = False
    for some_ref, some_x in batches:
        spectra.update(some_x, some_ref)
        psnr.update(some_x, some_ref)
        small = min(some_ref.shape[-2:]) < SSIM_SIDE
        if not small:
            ssim.update(some_x, some_ref)
    means = (psnr,) if small else (psnr, ssim)
    if "count" not in psnr.sums:
        raise NoDataError("measure_pairs was given no pair; give at least two images and their outputs")
    result = spectra.result()
    return dataclasses.replace(
        result,
        readings=(*result.readings, *(reading for mean in means for reading in mean.compute())),
        replicates=result.replicates | {mean.name: mean.replicates()[1:] for mean in means},
    )


def paired_difference(a: PairsMeasurement, b: PairsMeasurement, name: str) -> Reading:
    """Reading `name` of a minus that of b, with the interval of the difference on the same images.

    The bootstrap weighs an image alike in both, so what the images have in common cancels.

    Raises:
        MeasureError: the two were not measured on the same references, or have no such reading.
    """
    if a.fingerprint != b.fingerprint:
        raise MeasureError(
            f"a paired difference needs the same reference images in both, got {a.n} and {b.n} that are not one set; "
            "measure both on one set"
        )
    first, second = a.reading(name), b.reading(name)
    low, high = percentile_interval(a.replicates[name] - b.replicates[name], a.n)
    return Reading(
        name=f"{name}_difference",
        value=first.value - second.value,
        unit=first.unit,
        better=first.better if first.better in ("higher", "lower") else "none",
        n=a.n,
        low=float(low),
        high=float(high),
        version=first.version,
        preconditions=tuple(dict.fromkeys((*first.preconditions, *second.preconditions))),
    )
