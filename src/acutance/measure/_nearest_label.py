"""Modes of labelled images: a sample shows what the real image nearest to it shows."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._neighbours import nearest
from acutance.measure._samples import Modes

__all__ = ["modes_of", "stacked_modes_of"]


def modes_of(images: Float[Tensor, "n c h w"], labels: Sequence[str], *, hits: int = 3) -> Modes:
    """Modes by the nearest labelled image, pixel by pixel, up to a pixel aside: exact for samples that look like one.

    Args:
        images: one or more of every mode.
        labels: the mode of each.
        hits: samples that make a mode count.

    Raises:
        MeasureError: not a label for each image.
    """
    if len(labels) != len(images) or not labels:
        raise MeasureError(f"modes: asked for a label per image, got {len(labels)} for {len(images)} images")
    names = sorted(set(labels))
    places = {name: place for place, name in enumerate(names)}
    of = torch.tensor([places[label] for label in labels])
    pixels = images.flatten(1)
    return Modes(label=lambda found: of[_nearest_about(found, pixels)], count=len(names), hits=hits)


def stacked_modes_of(images: Float[Tensor, "n c h w"], labels: Sequence[str], *, hits: int = 3) -> Modes:
    """Modes of stacks, whose every colour shows a thing of its own: each told by `modes_of`, from all colours' planes.

    Args:
        images: such as `builtin:glyph-stacks`; all that a colour can show is among them.
        labels: what each shows, a word a colour: "3 0 1".
        hits: samples that make a mode count.

    Raises:
        MeasureError: not a label for each image, or not a word for each colour.
    """
    words = [label.split() for label in labels]
    if len(words) != len(images) or not words or any(len(shown) != images.shape[1] for shown in words):
        raise MeasureError(
            f"stacked modes: asked for a label of {images.shape[1]} words, one a colour, for each of {len(images)} "
            f"images, got {len(labels)} labels{f', the first {labels[0]!r}' if labels else ''}"
        )
    planes, of_plane = images.flatten(0, 1)[:, None], [word for shown in words for word in shown]
    different = list({plane.tobytes(): row for row, plane in enumerate(planes.numpy())}.values())
    one = modes_of(planes[different], [of_plane[row] for row in different])

    def label(found: Tensor) -> Tensor:
        colours = [one.label(found[:, [colour]]) for colour in range(images.shape[1])]
        return functools.reduce(lambda mode, shown: mode * one.count + shown, colours)

    return Modes(label=label, count=one.count ** images.shape[1], hits=hits)


def _nearest_about(found: Float[Tensor, "m c h w"], pixels: Float[Tensor, "n d"]) -> Int[Tensor, " m"]:
    """Which image is nearest to a sample, or to the sample moved by one pixel in any direction."""
    height, width = found.shape[-2:]
    wide = F.pad(found, (1, 1, 1, 1), mode="replicate")
    moved = (wide[..., y : y + height, x : x + width] for y in range(3) for x in range(3))
    square, index = zip(*(nearest(images.flatten(1), pixels) for images in moved), strict=True)
    return torch.cat(index, 1).gather(1, torch.cat(square, 1).argmin(1, keepdim=True))[:, 0]
