"""Images through a code and back, for whatever encodes and decodes, ours or foreign."""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import Tensor

from acutance.errors import InputError
from acutance.models._capabilities import DecodesAnew, Encodes, HasLikelihood, Preprocesses

__all__ = ["LatentChoice", "PixelChoice", "batch_size", "interpolate", "into", "reconstruct"]

LatentChoice = Literal["mean", "sample"]
PixelChoice = Literal["decoded", "likelihood"]
_VALUES = 1 << 18
_MOST = 256


def batch_size(shape: tuple[int, ...]) -> int:
    """How many images go through a model at once: those that hold about a quarter of a million values, 1 to 256.

    Args:
        shape: of one image, (C, H, W).

    Example:
        >>> batch_size((1, 32, 32)), batch_size((3, 64, 64)), batch_size((3, 512, 512))
        (256, 21, 1)
    """
    return max(1, min(_MOST, _VALUES // math.prod(shape)))


@torch.no_grad()
def reconstruct(
    model: Encodes,
    images: Tensor,
    *,
    latent: LatentChoice = "mean",
    pixels: PixelChoice = "decoded",
    generator: torch.Generator | None = None,
) -> Tensor:
    """decode(encode(images)), by the latent's mean or by a draw, behind the model's own input pipeline if it has one.

    Args:
        model: what encodes and decodes; no gradient passes.
        images: (N, C, H, W) in [0, 1].
        latent: which latent is decoded; nothing is drawn unless "sample" is asked for. With it, a decoder that draws
            does so anew.
        pixels: "decoded" is what the decoder shows; "likelihood" a draw from the distribution that it states, decoder
            noise and all.
        generator: for the draws; required with "sample" and with "likelihood".

    Raises:
        InputError: a draw without a generator, an unknown choice, or a likelihood of a model that states none.
    """
    if pixels not in get_args(PixelChoice):
        raise InputError(f"pixels is 'decoded' or 'likelihood', got {pixels!r}")
    if pixels == "likelihood":
        return _likely(model, images, latent, generator)
    code = model.encode(into(model, images))
    if latent == "mean":
        return model.decode(code.mode)
    if latent != "sample":
        raise InputError(f"latent is 'mean' or 'sample', got {latent!r}")
    if generator is None:
        raise InputError("latent='sample' draws at random: pass generator=torch.Generator().manual_seed(...)")
    drawn = code.sample(generator)
    return model.decode_anew(drawn, generator) if isinstance(model, DecodesAnew) else model.decode(drawn)


def _likely(model: Encodes, images: Tensor, latent: LatentChoice, generator: torch.Generator | None) -> Tensor:
    if not isinstance(model, HasLikelihood):
        raise InputError(
            "this model states no likelihood that could be drawn from; ae, vae, spatial_vae, vqvae, refit_decoder and "
            "flow_decoder do"
        )
    if generator is None:
        raise InputError("pixels='likelihood' draws at random: pass generator=torch.Generator().manual_seed(...)")
    code = model.encode(into(model, images))
    return model.sample_likelihood(code.sample(generator) if latent == "sample" else code.mode, generator)


@torch.no_grad()
def interpolate(model: Encodes, start: Tensor, end: Tensor, steps: int) -> Tensor:
    """Images along the straight line between two images' latent means; no gradient passes.

    Args:
        model: what encodes and decodes.
        start: (N, C, H, W) in [0, 1].
        end: same shape.
        steps: how many images a line has, both ends included, at least 2.

    Returns:
        (N, steps, C, H, W).

    Raises:
        InputError: fewer than two steps, or not as many ends as starts.
    """
    if steps < 2:
        raise InputError(f"a line has at least 2 steps, both ends included; got {steps}")
    if len(start) != len(end):
        raise InputError(f"every line has a start and an end; got {len(start)} starts and {len(end)} ends")
    a, b = (model.encode(into(model, images)).mode for images in (start, end))
    positions = torch.linspace(0, 1, steps, device=a.device, dtype=a.dtype)
    return torch.stack([model.decode(torch.lerp(a, b, float(t))) for t in positions], dim=1)


def into(model: Encodes, images: Tensor) -> Tensor:
    """What the encoder is given: the images behind the model's own input pipeline, if it has one."""
    return model.preprocess(images) if isinstance(model, Preprocesses) else images
