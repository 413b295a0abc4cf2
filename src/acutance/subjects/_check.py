"""A model of others tried on real images: do shapes come back, and is its range of values the one that was stated?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from acutance.errors import SubjectError
from acutance.models import Preprocesses, batch_size
from acutance.rng import rng_for, seeded
from acutance.subjects._foreign import Foreign, adapt
from acutance.subjects._latents import as_images
from acutance.subjects._ranges import FEW, beyond, clamped, compare_ranges, cropped, other_range, state, through

__all__ = ["check"]

_DRAWN: Final = 16
_FEWEST: Final = 2
_VISIBLE: Final = 1e-3
_FINEST: Final = 0.25
_TINY: Final = 1e-30


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
    raw = through(model, few, parts.takes)
    if raw.shape != few.shape:
        raise SubjectError(
            f"{parts.text} makes images {_words(raw)} of images {_words(few)}: give --size and --channels that come "
            "back as they went in, for most networks a size that is a multiple of 8, 16 or 32"
        )
    if not bool(torch.isfinite(raw).all()):
        raise SubjectError(f"{parts.text} gives values that are no numbers for these images: its weights are damaged")
    if parts.bfloat16:
        _check_precision(model, cropped(images) if parts.shape is None else images)
    yield from compare_ranges(model, images if parts.shape is not None else cropped(images))
    yield from clamped(parts.gives, raw, "reconstructions")
    if not torch.equal(*(through(model, cropped(few) if parts.shape is None else few, parts.takes) for _ in "12")):
        yield "it draws at random where no posterior is stated: what is called its mean is one draw"


def _check_precision(model: Foreign, images: Tensor) -> None:
    """Raises where bfloat16 adds a thousandth of the power of the finest octave, which is what a reading can show."""
    wide = adapt(replace(model.parts, bfloat16=False))
    assert isinstance(wide, Foreign)
    exact = through(wide, images, model.parts.takes)
    error = through(model, images, model.parts.takes) - exact
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


def _check_pipeline(model: Foreign, images: Tensor) -> None:
    parts = model.parts
    assert isinstance(model, Preprocesses)
    made = parts.takes.to_model(model.preprocess(images))
    if beyond(parts.takes, made) > FEW:
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
    fits = None if parts.encode is not None else other_range(parts.gives, raw)
    if fits is not None:
        low, high = (float(end) for end in raw.aminmax())
        raise SubjectError(
            f"{parts.text} draws values from {low:.3g} to {high:.3g}, which is {fits} and not {parts.gives}: "
            f"{state(parts.text, fits, fits)}"
        )
    yield from clamped(parts.gives, raw, "samples")


def _words(images: Tensor) -> str:
    return " x ".join(map(str, images.shape[1:]))
