"""Feature networks by name: one file each; the shipped one works offline, the others need their own package."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Protocol, runtime_checkable

from torch import Tensor

from acutance.catalog import Catalog
from acutance.errors import ConfigError

__all__ = ["FEATURES", "FeatureNet", "NamedNet", "feature_net", "identity_of", "needed"]

FeatureNet = Callable[[Tensor], "Mapping[str, Tensor] | Tensor"]
"""Images (N, C, H, W) in [0, 1] to features (N, D), or to several kinds of them by name."""

FEATURES = Catalog("acutance.measure._features", noun="feature network", attribute="opened")
"""Every feature network, by file name; each defines `opened(argument)`."""


@runtime_checkable
class NamedNet(Protocol):
    """A feature network that says what it is.

    Attributes:
        name: with the weights' name in it, so that two networks with one name give the same features.
        size: side of its input in px.
        version: raised whenever the same images would give other features.
    """

    name: str
    size: int
    version: int

    def __call__(self, images: Tensor) -> Mapping[str, Tensor] | Tensor:
        """Features of images (N, C, H, W) in [0, 1]."""


def feature_net(text: str) -> NamedNet:
    """The network of a text: `squeezenet`, `timm:NAME`, `inception`, each with an argument behind the colon.

    Args:
        text: the kind, and behind a colon what it is given, e.g. `timm:resnet18`.

    Raises:
        ConfigError: there is no such network, its package is not installed, or its weights cannot be had.
    """
    kind, _, argument = text.partition(":")
    net: NamedNet = FEATURES.load(kind)(argument)
    return net


def identity_of(net: FeatureNet) -> str:
    """What tells a network from others: name, input, version; of a plain function its type alone.

    Args:
        net: images to features.
    """
    if isinstance(net, NamedNet):
        return f"{net.name}, {net.size} px, version {net.version}"
    return type(net).__name__


def needed(package: str, why: str) -> ModuleType:
    """A package that is not among ours.

    Raises:
        ConfigError: it cannot be imported.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        distribution = package.partition(".")[0].replace("_", "-")
        raise ConfigError(
            f"{why} needs {distribution}, which cannot be imported ({error}); pip install {distribution}, or leave out "
            "--features for the network that is shipped"
        ) from error
