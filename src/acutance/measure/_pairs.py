"""Outputs against their references in one call."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import final

from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._images import Channels, nearly_black
from acutance.measure._measurement import noted
from acutance.measure._paired_result import PairsMeasurement
from acutance.measure._per_image import Resampled
from acutance.measure._plane import Window
from acutance.measure._reading import Reading
from acutance.measure._ssim import SSIM_SIDE
from acutance.measure.ms_ssim import MsSsim
from acutance.measure.mse import Mse
from acutance.measure.paired_spectra import PairedSpectra
from acutance.measure.perceptual_distance import PerceptualDistance
from acutance.measure.psnr import Psnr
from acutance.measure.residual_signs import ResidualSigns
from acutance.measure.ssim import Ssim
from acutance.stats import percentile_interval

__all__ = ["measure_pairs", "paired_difference"]

_BATCH = 256
_STEP = 1.0 / 255.0


def measure_pairs(
    ref: Tensor | None = None,
    x: Tensor | None = None,
    *,
    batches: Iterable[tuple[Tensor, Tensor]] | None = None,
    channels: Channels = "luma",
    window: Window = "auto",
    perceptual: bool = False,
) -> PairsMeasurement:
    """Measure outputs against their references, with intervals: spectra, averaging tests, errors, likeness.

    Args:
        ref: (N, C, H, W) references in [0, 1].
        x: (N, C, H, W) outputs in [0, 1], in the same order.
        batches: instead of the two, an iterable of (ref, x) batches; memory then does not grow with N.
        channels: `luma` or `each`, for the spectra.
        window: `auto`, `hann` or `none`, for the spectra.
        perceptual: whether to add `perceptual_distance`, which takes a few milliseconds an image.

    Returns:
        Bands, curves and readings. `ssim` and `ms_ssim` are left out where a side is below 11 px.

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
    spectra = PairedSpectra(channels=channels, window=window)
    others: list[Resampled] = []
    doubts = _Doubts()
    for batch in batches:
        some_ref, some_x = _two(batch)
        spectra.update(some_x, some_ref)
        others = others or _others(min(some_ref.shape[-2:]), perceptual=perceptual)
        for measure in others:
            measure.update(some_x, some_ref)
        doubts.update(some_ref, some_x)
    result = spectra.result()
    rows = {name: found for measure in others for name, found in measure.rows().items()}
    return dataclasses.replace(
        result,
        readings=noted(
            (*result.readings, *(reading for measure in others for reading in measure.compute())),
            doubts.words(result.n),
        ),
        replicates=result.replicates | {name: found[1:] for name, found in rows.items()},
    )


@final
class _Doubts:
    """What is wrong with the pairs themselves, whatever is read from them."""

    def __init__(self) -> None:
        self.highest = {"reference": 0.0, "output": 0.0}
        self.equal = 0

    def update(self, ref: Tensor, x: Tensor) -> None:
        ref, x = ref.detach().cpu(), x.detach().cpu()
        for role, images in zip(self.highest, (ref, x), strict=True):
            self.highest[role] = max([self.highest[role], *images.flatten(1).amax(1).tolist()])
        self.equal += int(((ref - x).abs().flatten(1).amax(1) < _STEP / 2).sum())

    def words(self, n: int) -> tuple[str, ...]:
        dim = [words for role, value in self.highest.items() for words in nearly_black(role, value)]
        equal = [f"{self.equal} of {n} outputs equal their references to 8 bits"] if self.equal else []
        return (*dim, *equal)


def _two(batch: object) -> tuple[Tensor, Tensor]:
    if not (isinstance(batch, tuple | list) and len(batch) == 2):
        came = f"{len(batch)} things" if isinstance(batch, tuple | list) else type(batch).__name__
        raise MeasureError(f"measure_pairs: asked for batches of two, (ref, x), got {came}; zip the references with x")
    return batch[0], batch[1]


def _others(side: int, *, perceptual: bool) -> list[Resampled]:
    """The measures beside the spectra that images of this size allow."""
    found: list[Resampled] = [Psnr(), Mse(), ResidualSigns()]
    if side >= SSIM_SIDE:
        found += [Ssim(), MsSsim()]
    return [*found, PerceptualDistance()] if perceptual else found


def paired_difference(a: PairsMeasurement, b: PairsMeasurement, name: str) -> Reading:
    """Reading `name` of a minus that of b, with the interval of the difference on the same images.

    The bootstrap weighs an image alike in both, so what the images have in common cancels.

    Args:
        a: outputs against references.
        b: other outputs against the same references.
        name: of a reading that both have.

    Raises:
        MeasureError: the two were not measured on the same references in the same way, or have no such reading.
    """
    if a.fingerprint != b.fingerprint:
        raise MeasureError(
            f"a paired difference needs the same reference images in both, got {a.n} and {b.n} that are not one set; "
            "measure both on one set"
        )
    first, second = a.reading(name), b.reading(name)
    ways = [f"{m.channels}, window {'on' if m.windowed else 'off'}, version {m.reading(name).version}" for m in (a, b)]
    if ways[0] != ways[1]:
        raise MeasureError(
            f"a paired difference of {name} needs one way of measuring, got {ways[0]} and {ways[1]}; measure both alike"
        )
    low, high = percentile_interval(a.replicates[name] - b.replicates[name], a.effective_n)
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
