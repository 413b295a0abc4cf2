"""The frozen network whose features outputs are judged by: the one that is shipped, or any function of the user's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor, nn

from acutance.errors import ConfigError, SubjectError
from acutance.measure import SqueezeNet
from acutance.models._base import ImageShape
from acutance.models._import import imported
from acutance.objectives.perceptual import Taps

__all__ = ["taps_of"]

_LEAST_PX = 32


def taps_of(name: str, shape: ImageShape) -> Taps:
    """The network of a name, tried on images of a shape if it is the user's.

    Args:
        name: "squeezenet", "squeezenet:PIXELS" or "python:MODULE:ATTRIBUTE", MODULE on the Python path or in the
            working directory.
        shape: of the images.

    Raises:
        ConfigError: there is no such network, or it makes no feature maps of such images.
    """
    kind, _, place = name.partition(":")
    if kind == "squeezenet" and (not place or place.isdecimal()):
        return SqueezeNet(size=int(place) if place else max(_LEAST_PX, *shape[1:])).taps
    module, _, attribute = place.partition(":")
    if kind != "python" or not attribute:
        raise ConfigError(f"perceptual_net is squeezenet, squeezenet:PIXELS or python:MODULE:ATTRIBUTE, got {name!r}")
    try:
        found = getattr(imported(module, name), attribute)
    except (SubjectError, AttributeError) as error:
        raise ConfigError(f"perceptual_net cannot be had: {error}") from error
    if not callable(found):
        raise ConfigError(f"perceptual_net {name!r} is a {type(found).__name__}, which cannot be called with images")
    taps: Taps = _Frozen(found) if isinstance(found, nn.Module) else found
    _try(taps, name, shape)
    return taps


@final
class _Frozen:
    """A module as a function: neither trained nor saved with the model that it judges, on the device of the images."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module.eval().requires_grad_(False)

    def __call__(self, images: Tensor) -> dict[str, Tensor] | Tensor:
        found: dict[str, Tensor] | Tensor = self._module.to(images.device)(images)
        return found


def _try(taps: Taps, name: str, shape: ImageShape) -> None:
    try:
        with torch.no_grad():
            found: object = taps(torch.zeros(2, *shape))
    except Exception as error:  # of the user's own code
        raise ConfigError(
            f"perceptual_net {name!r} fails on images {(2, *shape)}: {type(error).__name__}: {error}"
        ) from error
    maps = list(found.values()) if isinstance(found, Mapping) else [found]
    if not maps or not all(isinstance(one, Tensor) and one.ndim == 4 and len(one) == 2 for one in maps):
        raise ConfigError(
            f"perceptual_net {name!r} makes a {type(found).__name__} of images {(2, *shape)}: it has to make a feature "
            "map (2, F, A, B), or several by name"
        )
