"""In which range of values a model of others works, found by trying it on images.

An autoencoder for [-1, 1] that is given [0, 1] works at half contrast on images that it never saw the like of, and all
that is measured of it is wrong. So the ranges that models are used with are all tried, and where another one
reconstructs far better than the stated one, the stated one is an error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from acutance.errors import AcutanceError, SubjectError
from acutance.models import batch_size
from acutance.subjects._foreign import Foreign
from acutance.subjects._latents import as_images, as_latent
from acutance.subjects._values import KNOWN, UNIT, ValueRange

__all__ = [
    "FEW",
    "beyond",
    "clamped",
    "compare_ranges",
    "cropped",
    "other_range",
    "range_of_draws",
    "range_of_reconstructions",
    "state",
    "through",
]

FEW: Final = 0.05
"""The share of values that may lie clearly outside a range which is right all the same."""

_FEWEST: Final = 2
_CROP_PX: Final = 64
_SLACK: Final = 0.1
_OVERSHOT: Final = 0.2
_SEEN: Final = 1e-4
_BETTER: Final = 2.0
_CERTAIN: Final = 5.0
_MIXED: Final = 8.0
_SHARED: Final = 0.25
_LARGE: Final = 2.0
_KNOWS: Final = 0.8
_KNOWS_WELL: Final = 0.1


@dataclass(frozen=True)
class _Fit:
    """How well a model reconstructs under one range.

    Attributes:
        mse: mean squared error in units of [0, 1].
        shared: how much of it is the same error in all images.
        toned: mean squared error after the best brightness and contrast for all.
    """

    mse: float
    shared: float
    toned: float


_Fits = dict[tuple[ValueRange, ValueRange], _Fit]
"""By the range that the model takes and the range that it gives."""


def compare_ranges(model: Foreign, images: Tensor) -> Iterator[str]:
    """Where another range than the stated one may be right, in words.

    A model that is nearly the identity makes a quarter of the error, in units of [0, 1], when it works in [-1, 1],
    whichever range is right. So the other range is right only where its errors have nothing in common, as those of a
    trained model, while those of the stated range are much larger or have, and no change of brightness and contrast
    makes up for them.

    Args:
        model: one that reconstructs.
        images: (N, C, H, W) in [0, 1], real ones.

    Raises:
        SubjectError: another range is right.
    """
    parts, variance = model.parts, float(images.var(correction=0))
    fits = _fits(model, images)
    stated = fits[parts.takes, parts.gives]
    if stated.mse >= _KNOWS * variance:
        yield (
            "its reconstructions are hardly closer to these images than one grey is, so that it could not be verified "
            f"whether it works with {_both(parts.takes, parts.gives)}"
        )
    best = min(fits, key=lambda ranges: (fits[ranges].mse, ranges[0] != ranges[1]))
    found, same = fits[best], best[0] == best[1]
    times = stated.mse / max(found.mse, _SEEN / _MIXED)
    if stated.mse <= _SEEN or times < (_BETTER if same else _MIXED):
        return
    if found.mse > (_KNOWS if same else _KNOWS_WELL) * variance:
        return
    words = (
        f"with {_both(*best)} it reconstructs these images better than with {_both(parts.takes, parts.gives)}, as "
        f"it is used (mean squared error {found.mse:.2g} in place of {stated.mse:.2g}): {state(parts.text, *best)}"
    )
    clearly = times >= _CERTAIN or stated.shared > max(_SHARED, 2 * found.shared)
    if clearly and found.shared < _SHARED and max(found.mse, _SEEN) < stated.toned:
        raise SubjectError(f"{parts.text}: {words}")
    yield f"{words}, if that is how it was trained"


def range_of_reconstructions(model: Foreign, images: Tensor) -> tuple[ValueRange, ValueRange] | None:
    """The range that a model takes and the one that it gives, found by trying; None where no range works.

    A model for [-1, 1] does well on half of that range; one for [0, 1] does badly on twice its own.

    Args:
        model: one that reconstructs.
        images: (N, C, H, W) in [0, 1].
    """
    with torch.no_grad():
        fits = _fits(model, images)
    same = {ranges: fit.mse for ranges, fit in fits.items() if ranges[0] == ranges[1]}
    best = min(same, key=lambda ranges: same[ranges] * (1 if ranges[0] == UNIT else _BETTER))
    mixed = min(fits, key=lambda ranges: fits[ranges].mse)
    if fits[mixed].mse * _MIXED < same[best]:
        best = mixed
    return best if fits[best].mse < _KNOWS * float(images.var(correction=0)) else None


def _fits(model: Foreign, images: Tensor) -> _Fits:
    """How well the model reconstructs under every range that it could have.

    Bytes are tried only where the outputs are far too large for any other: what a linear model adds is little to them.
    A range in which the model refuses to work, as one that validates its input does, is not its own.

    Raises:
        SubjectError: it fails in the stated range.
    """
    stated = model.parts
    found: _Fits = {}
    outputs = {stated.takes: through(model, images, stated.takes)}
    large = float(outputs[stated.takes].abs().mean()) > _LARGE
    for takes in KNOWN if large else KNOWN[:2]:
        if takes not in outputs:
            with contextlib.suppress(AcutanceError):
                outputs[takes] = through(model, images, takes)
    for takes, raw in outputs.items():
        for gives in dict.fromkeys((stated.gives, *KNOWN)):
            found[takes, gives] = _fit(gives.to_images(raw).clamp(0, 1), images)
    return found


def _fit(shown: Tensor, images: Tensor) -> _Fit:
    each, truth = (shown - images).flatten(1).double(), images.double()
    n, mse = len(each), float(each.square().mean())
    centred, wanted = shown.double() - shown.double().mean(), truth - truth.mean()
    slope = float((centred * wanted).sum()) / max(float(centred.square().sum()), _SEEN)
    toned = float((slope * centred - wanted).square().mean())
    if n < _FEWEST or mse == 0:
        return _Fit(mse, 0.0, toned)
    common = float((each.sum(0).square() - each.square().sum(0)).mean()) / (n * (n - 1))
    return _Fit(mse, common / mse, toned)


def through(model: Foreign, images: Tensor, takes: ValueRange) -> Tensor:
    """What the model gives for images in [0, 1], in its own range, by the mean of its latents."""
    batches = torch.split(takes.to_model(images), batch_size(tuple(images.shape[1:])))
    return torch.cat([_batch_through(model, batch) for batch in batches])


def _batch_through(model: Foreign, given: Tensor) -> Tensor:
    parts = model.parts
    if parts.encode is None or parts.decode is None:
        assert parts.reconstruct is not None
        return as_images(model.told("the model", parts.reconstruct, given), parts.text).float()
    latent = as_latent(model.told("encode", parts.encode, given), parts.text, parts.codebook)
    return as_images(model.told("decode", parts.decode, latent.mode), f"{parts.text}: decode").float()


def cropped(images: Tensor) -> Tensor:
    """The middle of the images, for a model that takes any size."""
    sides = [_CROP_PX if side > _CROP_PX else side for side in images.shape[2:]]
    top, left = ((whole - side) // 2 for whole, side in zip(images.shape[2:], sides, strict=True))
    return images[..., top : top + sides[0], left : left + sides[1]]


def other_range(stated: ValueRange, raw: Tensor) -> ValueRange | None:
    """The range that drawn values are in where it is clearly not the stated one."""
    low, high = (float(end) for end in raw.aminmax())
    if stated != UNIT and low >= UNIT.low and high <= UNIT.high:
        return UNIT
    wide = stated.high - stated.low > _CERTAIN * (high - low)
    found = range_of_draws(raw) if wide or beyond(stated, raw) > FEW else None
    return None if found == stated else found


def range_of_draws(raw: Tensor) -> ValueRange | None:
    """The range that drawn values are in, the narrowest of the known ones; None where they are in none.

    Values below 0 are those of [-1, 1] where they go far down, as far as a fifth of what others go up.

    Args:
        raw: (N, C, H, W), as the model gives them.
    """
    low, high = (float(end) for end in raw.aminmax())
    signed = low < -_OVERSHOT * high
    known = KNOWN[1:2] if signed else (KNOWN[0], KNOWN[2])
    return next((known for known in known if beyond(known, raw) <= FEW), None)


def clamped(gives: ValueRange, raw: Tensor, of: str) -> Iterator[str]:
    """Whether more than a few values lie outside a range, in words."""
    share = beyond(gives, raw)
    if share > FEW:
        yield f"{100 * share:.0f} % of the values in its {of} lie clearly outside {gives} and are cut off"


def beyond(gives: ValueRange, raw: Tensor) -> float:
    """Share of values more than a tenth of the range outside it."""
    slack = _SLACK * (gives.high - gives.low)
    return float(((raw < gives.low - slack) | (raw > gives.high + slack)).float().mean())


def state(text: str, takes: ValueRange, gives: ValueRange) -> str:
    """How the user states the range."""
    if not text.startswith("python"):
        stated = f"range={takes.low:g},{takes.high:g}" + (
            "" if takes == gives else f"&out={gives.low:g},{gives.high:g}"
        )
        return f"write {text.partition('?')[0]}?{stated}"
    if takes == gives:
        return f"set value_range = ({takes.low:g}, {takes.high:g}) on the object"
    return "let encode and decode use one range, and state it as value_range"


def _both(takes: ValueRange, gives: ValueRange) -> str:
    return f"values in {takes}" if takes == gives else f"inputs in {takes} and outputs in {gives}"
