"""The feature network that ships with the package: SqueezeNet 1.1, offline, on any machine."""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Final, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._images import check_images
from acutance.measure._rgb import as_rgb

__all__ = ["SqueezeNet"]

_MEAN_BGR: Final = (103.939, 116.779, 123.68)
_CHUNK: Final = 64


@functools.cache
def _weights(device: torch.device) -> dict[str, Tensor]:
    """The stored half-precision weights as float32."""
    path = files("acutance.measure") / "_squeezenet11_fp16.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: torch.from_numpy(stored[name].astype(np.float32)).to(device) for name in stored.files}


@final
class SqueezeNet:
    """SqueezeNet 1.1 trained on ImageNet: the spatial mean of its last layer and of a middle one.

    Images are resized to `size` x `size` (bilinear, antialiased), grey repeated to three channels. The last layer
    (fire9, 512 features) sees what is shown and which modes are missing; the mean of a middle one (fire5, 256
    features) sees slight blur that the last does not.

    Args:
        size: side of the network's input in px.

    References:
        Iandola et al. 2016.
    """

    name: str = "squeezenet11"
    version: int = 1

    def __init__(self, size: int = 64) -> None:
        if size < 32:
            raise MeasureError(f"the feature network needs an input of at least 32 px, got size = {size}")
        self.size = size

    @torch.no_grad()
    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """Features `last` (n, 512) and `middle` (n, 256), float32.

        Raises:
            MeasureError: not images in [0, 1], or neither 1 nor 3 channels.
        """
        images = check_images(images)
        parts = [self.taps(images[i : i + _CHUNK]) for i in range(0, len(images), _CHUNK)] or [self.taps(images)]
        return {
            kind: torch.cat([part[tap].mean((2, 3)) for part in parts])
            for kind, tap in (("last", "fire9"), ("middle", "fire5"))
        }

    def taps(self, images: Float[Tensor, "n c h w"]) -> dict[str, Tensor]:
        """Feature maps after conv1, fire3, fire5, fire7, fire9, each (n, channels, height, width); keeps gradients."""
        weights = _weights(images.device)
        x = self.prepare(images).contiguous(memory_format=torch.channels_last)
        x = F.relu(F.conv2d(x, weights["conv1.weight"], weights["conv1.bias"], stride=2, padding=1))
        found = {"conv1": x}
        for k in range(2, 10):
            if k in (2, 4, 6):
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            x = _fire(x, weights, f"f.fire{k}")
            if k % 2:
                found[f"fire{k}"] = x
        return found

    def prepare(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 3 s s"]:
        """The network's input: resized, BGR, 0 ... 255, minus the mean colour."""
        x = images.float()
        if x.shape[-2:] != (self.size, self.size):
            x = F.interpolate(x, size=(self.size, self.size), mode="bilinear", antialias=True, align_corners=False)
        x = as_rgb(x).flip(1) * 255.0
        return x - torch.tensor(_MEAN_BGR, device=x.device).reshape(1, 3, 1, 1)


def _fire(x: Tensor, weights: dict[str, Tensor], name: str) -> Tensor:
    """Squeeze 1x1, then expand 1x1 beside 3x3."""
    x = F.relu(F.conv2d(x, weights[f"{name}.s.weight"], weights[f"{name}.s.bias"]))
    left = F.conv2d(x, weights[f"{name}.e1.weight"], weights[f"{name}.e1.bias"])
    right = F.conv2d(x, weights[f"{name}.e3.weight"], weights[f"{name}.e3.bias"], padding=1)
    return F.relu(torch.cat([left, right], dim=1))
