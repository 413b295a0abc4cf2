"""A network of unknown kind as a subject: an autoencoder, a generator, or one that makes images of images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from acutance.errors import SubjectError
from acutance.rng import rng_for
from acutance.subjects._check import check
from acutance.subjects._foreign import Foreign, Parts, adapt
from acutance.subjects._latents import as_images, as_latent, gaussian
from acutance.subjects._opened import Opened
from acutance.subjects._ranges import range_of_draws, range_of_reconstructions
from acutance.subjects._stated import Stated
from acutance.subjects._trial import Images, images_taken, noise_taken, probe_images

__all__ = ["autoencoder", "network"]

_DRAWN = 32
_HOW = "say what it is: ?shape=3,64,64 for the images' channels, height and width"


def autoencoder(parts: Parts, stated: Stated, name: str) -> Opened:
    """An encoder and a decoder whose shape and range of values are found out.

    Args:
        parts: with `encode` and `decode`.
        stated: what the user said.
        name: shown to readers.

    Raises:
        SubjectError: no shape works, or no range.
    """
    encode, decode = parts.encode, parts.decode
    assert encode is not None and decode is not None

    def posterior(images: Tensor) -> object:
        return gaussian(encode(images), stated.posterior, parts.text)

    def through(images: Tensor) -> object:
        return as_images(decode(as_latent(posterior(images), parts.text, parts.codebook).mode), parts.text)

    taken = images_taken(through, stated.shape)
    if taken is None:
        raise SubjectError(
            f"{parts.text}: no images that were tried come back from encode and decode in their own shape"
            f"{_why(through, stated)}; {_HOW}"
        )
    return _of_images(replace(parts, encode=posterior), taken, stated, name)


def network(
    parts: Parts,
    function: Callable[[Tensor], object],
    stated: Stated,
    name: str,
    noise_shapes: Sequence[tuple[int, ...]],
) -> Opened:
    """One function: images to images, or noise to images.

    Args:
        parts: without functions.
        function: the network.
        stated: what the user said.
        name: shown to readers.
        noise_shapes: that are tried.

    Raises:
        SubjectError: it is neither.
    """
    taken = images_taken(function, stated.shape)
    if taken is not None:
        translate = _ignoring_noise(function)
        return _of_images(replace(parts, reconstruct=function, translate=translate), taken, stated, name)
    noise = noise_taken(function, noise_shapes)
    if noise is None:
        raise SubjectError(
            f"{parts.text} is neither an autoencoder (encode and decode, or images to images) nor a generator (normal "
            f"noise to images) of any shape that was tried; {_HOW}, or wrap it in a python: subject"
        )
    return _of_noise(parts, function, noise, stated, name)


def _of_images(parts: Parts, taken: Images, stated: Stated, name: str) -> Opened:
    parts = replace(parts, shape=taken.shape)
    if stated.takes is None:
        model = adapt(parts)
        assert isinstance(model, Foreign)
        found = range_of_reconstructions(model, probe_images(taken.tried))
        if found is None:
            raise SubjectError(
                f"{parts.text} reconstructs no test picture in any range of values, so its range is not known; say it: "
                "?range=0,1 or ?range=-1,1"
            )
        parts = replace(parts, takes=found[0], gives=found[1])
    else:
        parts = replace(parts, takes=stated.takes, gives=stated.gives or stated.takes)
    return _opened(parts, taken.channels, name)


def _of_noise(
    parts: Parts, function: Callable[[Tensor], object], noise: tuple[int, ...], stated: Stated, name: str
) -> Opened:
    draw = partial(_normal, noise)
    with torch.no_grad():
        raw = as_images(function(draw(_DRAWN, rng_for(0, "range"))), parts.text).float()
    gives = stated.gives or range_of_draws(raw)
    if gives is None:
        low, high = (float(end) for end in raw.aminmax())
        raise SubjectError(f"{parts.text} draws values from {low:.3g} to {high:.3g}; say their range: ?range=-1,1")
    parts = replace(
        parts,
        decode=function,
        prior=draw,
        gives=gives,
        shape=(raw.shape[1], raw.shape[2], raw.shape[3]),
        configuration={**parts.configuration, "noise": list(noise), "prior": "normal"},
    )
    return _opened(parts, raw.shape[1], name)


def _opened(parts: Parts, channels: int, name: str) -> Opened:
    configuration = {**parts.configuration, "takes": str(parts.takes), "gives": str(parts.gives)}
    model = adapt(replace(parts, configuration=configuration))
    assert isinstance(model, Foreign)
    return Opened(
        text=parts.text, name=name, model=model, channels=channels, check=partial(check, model), made=configuration
    )


def _why(through: Callable[[Tensor], object], stated: Stated) -> str:
    """The first error of a likely shape, which often says more than that it failed."""
    try:
        with torch.no_grad():
            through(torch.rand(2, *(stated.shape or (3, 64, 64))))
    except Exception as error:
        words = str(error).strip().splitlines()
        return f" ({words[-1]})" if words else ""
    return ""


def _normal(shape: Sequence[int], n: int, generator: torch.Generator) -> Tensor:
    return torch.randn(n, *shape, generator=generator, device=generator.device)


def _ignoring_noise(function: Callable[[Tensor], object]) -> Callable[[Tensor, torch.Generator], object]:
    return lambda images, generator: function(images)
