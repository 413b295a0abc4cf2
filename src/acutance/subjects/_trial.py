"""What a network without a description takes, found out by trying."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from acutance.data.synthetic import dead_leaves
from acutance.errors import SubjectError
from acutance.rng import rng_for

__all__ = ["Images", "images_taken", "noise_shapes", "noise_taken", "probe_images"]

_SIZES = (16, 28, 32, 48, 64, 96, 128, 224, 256, 512)
_CHANNELS = (1, 3)
_NOISE = (2, 4, 8, 16, 20, 32, 50, 64, 100, 128, 200, 256, 512, 1024)
_SMALLEST_PX = 4

Function = Callable[[Tensor], object]


@final
@dataclass(frozen=True)
class Images:
    """What images a network takes.

    Attributes:
        channels: how many.
        shape: (channels, height, width) where it takes one size alone, else None.
        tried: a shape that works.
    """

    channels: int
    shape: tuple[int, int, int] | None
    tried: tuple[int, int, int]


def images_taken(through: Function, stated: tuple[int, int, int] | None) -> Images | None:
    """The images that come back from a network as they went in, by shape; None where none do.

    Args:
        through: images (n, C, H, W) to images.
        stated: the shape, where the user says it.
    """
    if stated is not None:
        return Images(stated[0], stated, stated) if _comes_back(through, stated) else None
    for channels in _CHANNELS:
        good = _first_two((channels, size, size) for size in _SIZES if _comes_back(through, (channels, size, size)))
        if good:
            return Images(channels, good[0] if len(good) == 1 else None, good[-1])
    return None


def noise_shapes(weights: Iterable[Tensor]) -> list[tuple[int, ...]]:
    """Shapes of noise to try, (d,) and (d, 1, 1), the sides of a network's weights first."""
    sides = [side for weight in weights for side in weight.shape if weight.ndim > 1]
    return [shape for d in dict.fromkeys((*sides, *_NOISE)) for shape in ((d,), (d, 1, 1))]


def noise_taken(through: Function, shapes: Iterable[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The first shape of noise of which a generator makes images; None where there is none.

    Args:
        through: noise (n, *shape) to images.
        shapes: to try.
    """
    for shape in shapes:
        found = _tried(through, torch.randn(2, *shape, generator=rng_for(0, "noise")))
        if found is not None and _are_two_images(found):
            return shape
    return None


def probe_images(shape: tuple[int, int, int]) -> Tensor:
    """Dead leaves, and all black and all white: what any model of pictures should make something of."""
    channels, height, width = shape
    size = max(height, width)
    leaves = dead_leaves(6, size, rng_for(0, "probe"))[0].float()[..., :height, :width]
    flat = torch.stack([torch.zeros_like(leaves[0]), torch.ones_like(leaves[0])])
    return torch.cat([leaves, flat]).expand(-1, channels, -1, -1)


def _are_two_images(found: Tensor) -> bool:
    return len(found) == 2 and found.shape[1] in _CHANNELS and min(found.shape[2:]) >= _SMALLEST_PX


def _comes_back(through: Function, shape: tuple[int, int, int]) -> bool:
    found = _tried(through, torch.rand(2, *shape, generator=rng_for(0, "shape")))
    return found is not None and tuple(found.shape) == (2, *shape)


def _tried(through: Function, given: Tensor) -> Tensor | None:
    try:
        with torch.no_grad():
            found = through(given)
    except SubjectError:  # it takes this, and what it returns cannot be used
        raise
    except Exception:  # of whatever kind: it does not take this
        return None
    return found if isinstance(found, Tensor) and found.ndim == 4 and found.is_floating_point() else None


def _first_two(shapes: Iterator[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    found = []
    for shape in shapes:
        found.append(shape)
        if len(found) == 2:
            break
    return found
