"""`squeezenet[:PIXELS]`: the network that is shipped, with images resized to 64 px or to another size."""

from __future__ import annotations

from acutance.errors import ConfigError
from acutance.measure._squeezenet import SqueezeNet

__all__ = ["opened"]


def opened(argument: str) -> SqueezeNet:
    """SqueezeNet 1.1."""
    if argument and not argument.isdecimal():
        raise ConfigError(f"squeezenet takes the side of its input in px, as in squeezenet:128, got {argument!r}")
    return SqueezeNet(size=int(argument)) if argument else SqueezeNet()
