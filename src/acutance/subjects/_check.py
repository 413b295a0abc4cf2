"""A model of others tried on real images: do shapes come back, and is its range of values the one that was stated?

An autoencoder for [-1, 1] that is given [0, 1] works at half contrast on images that it never saw the like of, and all
that is measured of it is wrong. So the ranges that models are used with are all tried, and where another one
reconstructs far better than the stated one, the stated one is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from acutance.errors import SubjectError
from acutance.models import Preprocesses, batch_size
from acutance.rng import rng_for, seeded
from acutance.subjects._foreign import Foreign, adapt
from acutance.subjects._latents import as_images, as_latent
from acutance.subjects._values import KNOWN, UNIT, ValueRange

__all__ = ["check", "range_of_draws", "range_of_reconstructions"]

_DRAWN: Final = 16
_FEWEST: Final = 2
_CROP_PX: Final = 64
_SLACK: Final = 0.1
_FEW: Final = 0.05
_OVERSHOT: Final = 0.2
_SEEN: Final = 1e-4
_BETTER: Final = 2.0
_CERTAIN: Final = 5.0
_MIXED: Final = 8.0
_SHARED: Final = 0.25
_LARGE: Final = 2.0
_VISIBLE: Final = 1e-3
_FINEST: Final = 0.25
_TINY: Final = 1e-30
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


def check(model: Foreign, images: Tensor) -> tuple[str, ...]:
    """Try a model on a few images.

    Args:
        model: what can do anything at all.
        images: (N, C, H, W) in [0, 1], real ones.

    Returns:
        What is doubtful, in words.

    Raises:
        SubjectError: it fails, gives other shapes, values that are no numbers, or works in another range of values.
    """
    doubts: list[str] = []
    with torch.no_grad(), seeded(0, "check"):
        if model.parts.preprocess is not None:
            _check_pipeline(model, images[:_FEWEST])
        if model.parts.encode is not None or model.parts.reconstruct is not None:
            doubts += _check_reconstruction(model, images)
        if model.parts.generate is not None:
            doubts += _check_draws(model, images.shape)
    return tuple(doubts)


def _check_reconstruction(model: Foreign, images: Tensor) -> Iterator[str]:
    parts = model.parts
    few = images[: batch_size(tuple(images.shape[1:]))]
    raw = _through(model, few, parts.takes)
    if raw.shape != few.shape:
        raise SubjectError(
            f"{parts.text} makes images {_words(raw)} of images {_words(few)}: give --size and --channels that come "
            "back as they went in, for most networks a size that is a multiple of 8, 16 or 32"
        )
    if not bool(torch.isfinite(raw).all()):
        raise SubjectError(f"{parts.text} gives values that are no numbers for these images: its weights are damaged")
    if parts.bfloat16:
        _check_precision(model, _cropped(images) if parts.shape is None else images)
    yield from _compare_ranges(model, images if parts.shape is not None else _cropped(images))
    yield from _clamped(parts.gives, raw, "reconstructions")
    if not torch.equal(*(_through(model, _cropped(few) if parts.shape is None else few, parts.takes) for _ in "12")):
        yield "it draws at random where no posterior is stated: what is called its mean is one draw"


def _check_precision(model: Foreign, images: Tensor) -> None:
    """Raises where bfloat16 adds a thousandth of the power of the finest octave, which is what a reading can show."""
    wide = adapt(replace(model.parts, bfloat16=False))
    assert isinstance(wide, Foreign)
    exact = _through(wide, images, model.parts.takes)
    error = _through(model, images, model.parts.takes) - exact
    share = _finest(error) / max(_finest(exact), _TINY)
    if share > _VISIBLE:
        raise SubjectError(
            f"{model.parts.text}: bfloat16 adds {share:.2g} of the power of the finest octave, more than {_VISIBLE:g}: "
            "it would change the readings; leave out precision=bf16"
        )


def _finest(images: Tensor) -> float:
    """Power in the octave below Nyquist, not windowed."""
    rows, columns = (torch.fft.fftfreq(side, device=images.device).square() for side in images.shape[2:])
    ring = (rows[:, None] + columns[None, :]).sqrt()
    power = torch.fft.fft2(images.double()).abs().square()
    return float((power * ((ring >= _FINEST) & (ring <= 2 * _FINEST))).sum())


def _through(model: Foreign, images: Tensor, takes: ValueRange) -> Tensor:
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


def _cropped(images: Tensor) -> Tensor:
    """The middle of the images, for a model that takes any size."""
    sides = [_CROP_PX if side > _CROP_PX else side for side in images.shape[2:]]
    top, left = ((whole - side) // 2 for whole, side in zip(images.shape[2:], sides, strict=True))
    return images[..., top : top + sides[0], left : left + sides[1]]


def _fits(model: Foreign, images: Tensor) -> _Fits:
    """How well the model reconstructs under every range that it could have.

    Bytes are tried only where the outputs are far too large for any other: what a linear model adds is little to them.
    """
    stated = model.parts
    found: _Fits = {}
    outputs = {takes: _through(model, images, takes) for takes in dict.fromkeys((stated.takes, *KNOWN[:2]))}
    if float(outputs[stated.takes].abs().mean()) > _LARGE:
        outputs |= {takes: _through(model, images, takes) for takes in KNOWN[2:]}
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


def _compare_ranges(model: Foreign, images: Tensor) -> Iterator[str]:
    """Raises where another range than the stated one is right; tells where it may be.

    A model that is nearly the identity makes a quarter of the error, in units of [0, 1], when it works in [-1, 1],
    whichever range is right. So the other range is right only where its errors have nothing in common, as those of a
    trained model, while those of the stated range are much larger or have, and no change of brightness and contrast
    makes up for them.
    """
    parts, variance = model.parts, float(images.var(correction=0))
    fits = _fits(model, images)
    stated = fits[parts.takes, parts.gives]
    if stated.mse >= _KNOWS * variance:
        yield (
            "its reconstructions are hardly closer to these images than one grey is, so that it could not be verified "
            f"whether it works with {_ranges(parts.takes, parts.gives)}"
        )
    best = min(fits, key=lambda ranges: (fits[ranges].mse, ranges[0] != ranges[1]))
    found, same = fits[best], best[0] == best[1]
    times = stated.mse / max(found.mse, _SEEN / _MIXED)
    if stated.mse <= _SEEN or times < (_BETTER if same else _MIXED):
        return
    if found.mse > (_KNOWS if same else _KNOWS_WELL) * variance:
        return
    words = (
        f"with {_ranges(*best)} it reconstructs these images better than with {_ranges(parts.takes, parts.gives)}, as "
        f"it is used (mean squared error {found.mse:.2g} in place of {stated.mse:.2g}): {_state(parts.text, *best)}"
    )
    clearly = times >= _CERTAIN or stated.shared > max(_SHARED, 2 * found.shared)
    if clearly and found.shared < _SHARED and max(found.mse, _SEEN) < stated.toned:
        raise SubjectError(f"{parts.text}: {words}")
    yield f"{words}, if that is how it was trained"


def range_of_reconstructions(model: Foreign, images: Tensor) -> tuple[ValueRange, ValueRange] | None:
    """The range that a model takes and the one that it gives, found by trying; None where no range works.

    A model for [-1, 1] does well on half of that range; one for [0, 1] does badly on twice its own.
    """
    with torch.no_grad():
        fits = _fits(model, images)
    same = {ranges: fit.mse for ranges, fit in fits.items() if ranges[0] == ranges[1]}
    best = min(same, key=lambda ranges: same[ranges] * (1 if ranges[0] == UNIT else _BETTER))
    mixed = min(fits, key=lambda ranges: fits[ranges].mse)
    if fits[mixed].mse * _MIXED < same[best]:
        best = mixed
    return best if fits[best].mse < _KNOWS * float(images.var(correction=0)) else None


def _check_pipeline(model: Foreign, images: Tensor) -> None:
    parts = model.parts
    assert isinstance(model, Preprocesses)
    made = parts.takes.to_model(model.preprocess(images))
    beyond = _beyond(parts.takes, made)
    if beyond > _FEW:
        low, high = (float(end) for end in made.aminmax())
        raise SubjectError(
            f"{parts.text}: preprocess made values from {low:.3g} to {high:.3g} of images in {parts.takes}; it stays "
            "in the object's value_range: state that, and leave a change of range out of preprocess"
        )


def _check_draws(model: Foreign, shape: torch.Size) -> Iterator[str]:
    parts = model.parts
    assert parts.generate is not None
    n = min(_DRAWN, max(_FEWEST, batch_size(tuple(shape[1:]))))
    found = model.told("generate", parts.generate, n, rng_for(0, "check", device=model.device))
    raw = as_images(found, f"{parts.text}: generate").float()
    if not bool(torch.isfinite(raw).all()):
        raise SubjectError(f"{parts.text} draws values that are no numbers: its weights are damaged")
    if raw.shape[1:] != shape[1:]:
        raise SubjectError(
            f"{parts.text} draws images {_words(raw)}, the data are {tuple(shape[1:])} (channels, height, width): give "
            "--size and --channels that fit"
        )
    fits = None if parts.encode is not None else _other_range(parts.gives, raw)
    if fits is not None:
        low, high = (float(end) for end in raw.aminmax())
        raise SubjectError(
            f"{parts.text} draws values from {low:.3g} to {high:.3g}, which is {fits} and not {parts.gives}: "
            f"{_state(parts.text, fits, fits)}"
        )
    yield from _clamped(parts.gives, raw, "samples")


def _other_range(stated: ValueRange, raw: Tensor) -> ValueRange | None:
    """The range that drawn values are in where it is clearly not the stated one."""
    low, high = (float(end) for end in raw.aminmax())
    if stated != UNIT and low >= UNIT.low and high <= UNIT.high:
        return UNIT
    wide = stated.high - stated.low > _CERTAIN * (high - low)
    found = range_of_draws(raw) if wide or _beyond(stated, raw) > _FEW else None
    return None if found == stated else found


def range_of_draws(raw: Tensor) -> ValueRange | None:
    """The range that drawn values are in, the narrowest of the known ones; None where they are in none.

    Values below 0 are those of [-1, 1] where they go far down, as far as a fifth of what others go up.
    """
    low, high = (float(end) for end in raw.aminmax())
    signed = low < -_OVERSHOT * high
    known = KNOWN[1:2] if signed else (KNOWN[0], KNOWN[2])
    return next((known for known in known if _beyond(known, raw) <= _FEW), None)


def _clamped(gives: ValueRange, raw: Tensor, of: str) -> Iterator[str]:
    beyond = _beyond(gives, raw)
    if beyond > _FEW:
        yield f"{100 * beyond:.0f} % of the values in its {of} lie clearly outside {gives} and are cut off"


def _beyond(gives: ValueRange, raw: Tensor) -> float:
    """Share of values more than a tenth of the range outside it."""
    slack = _SLACK * (gives.high - gives.low)
    return float(((raw < gives.low - slack) | (raw > gives.high + slack)).float().mean())


def _ranges(takes: ValueRange, gives: ValueRange) -> str:
    return f"values in {takes}" if takes == gives else f"inputs in {takes} and outputs in {gives}"


def _state(text: str, takes: ValueRange, gives: ValueRange) -> str:
    """How the user states the range."""
    if not text.startswith("python"):
        stated = f"range={takes.low:g},{takes.high:g}" + (
            "" if takes == gives else f"&out={gives.low:g},{gives.high:g}"
        )
        return f"write {text.partition('?')[0]}?{stated}"
    if takes == gives:
        return f"set value_range = ({takes.low:g}, {takes.high:g}) on the object"
    return "let encode and decode use one range, and state it as value_range"


def _words(images: Tensor) -> str:
    return " x ".join(map(str, images.shape[1:]))
