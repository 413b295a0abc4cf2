"""Modes of labelled images: a sample shows what the real image nearest to it shows."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._neighbours import nearest
from acutance.measure._samples import Modes

__all__ = ["modes_of"]


def modes_of(images: Float[Tensor, "n c h w"], labels: Sequence[str], *, hits: int = 3) -> Modes:
    """Modes by the nearest labelled image, pixel by pixel: exact for samples that look like one of them.

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
    return Modes(label=lambda found: of[nearest(found.flatten(1), pixels)[1][:, 0]], count=len(names), hits=hits)
