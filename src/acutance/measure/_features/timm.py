"""`timm:NAME[?weights=FILE]`: any classifier or backbone of timm, where timm is installed.

`timm:vit_small_patch14_dinov2.lvd142m` is one of DINOv2. Without a file timm fetches the weights itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acutance.errors import ConfigError
from acutance.measure._features import needed
from acutance.measure._images import check_images
from acutance.measure._rgb import as_rgb

__all__ = ["TimmNet", "opened"]

_CHUNK: Final = 32
_MODES: Final = {"bicubic": "bicubic", "bilinear": "bilinear"}


@final
class TimmNet:
    """Pooled features before the classifier, (N, D); images are resized to the network's input, antialiased.

    The whole image is resized: timm's own evaluation also crops its middle, which would hide the borders.

    Args:
        name: of the architecture and weights, e.g. `resnet50.a1_in1k`.
        weights: a .safetensors file; by default what timm fetches.
    """

    version: int = 1

    def __init__(self, name: str, weights: Path | None = None) -> None:
        timm = needed("timm", f"timm:{name}")
        overlay = None if weights is None else {"file": str(weights)}
        try:
            self.model = timm.create_model(name, pretrained=True, num_classes=0, pretrained_cfg_overlay=overlay).eval()
        except (RuntimeError, OSError, ValueError, KeyError) as error:
            raise ConfigError(
                f"timm:{name} cannot be made: {error}; check the name with timm.list_pretrained(), and where there "
                f"is no network give the weights as a file: timm:{name}?weights=FILE.safetensors"
            ) from error
        about = self.model.pretrained_cfg
        self.name = f"timm:{name}" if weights is None else f"timm:{name}?weights={weights.name}"
        self.size = int(about["input_size"][1])
        self._mode = _MODES.get(about["interpolation"], "bicubic")
        self._mean, self._std = (torch.tensor(about[key]).reshape(1, 3, 1, 1) for key in ("mean", "std"))

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Features (n, D), float32.

        Raises:
            MeasureError: not images in [0, 1], or neither 1 nor 3 channels.
        """
        images = check_images(images)
        parts = [self.model(self.prepare(part)).float() for part in torch.split(images, _CHUNK)]
        return torch.cat(parts) if parts else self.model(self.prepare(images))

    def prepare(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 3 s s"]:
        """The network's input: resized, grey repeated, normalised."""
        x = images.float()
        if x.shape[-2:] != (self.size, self.size):
            x = F.interpolate(x, size=(self.size, self.size), mode=self._mode, antialias=True, align_corners=False)
        return (as_rgb(x).clamp(0.0, 1.0) - self._mean) / self._std


def opened(argument: str) -> TimmNet:
    """A network of timm."""
    name, _, options = argument.partition("?")
    if not name:
        raise ConfigError("timm: a name must stand behind the colon, as in timm:resnet50.a1_in1k")
    key, _, value = options.partition("=")
    if options and (key != "weights" or not value.endswith(".safetensors") or not Path(value).is_file()):
        raise ConfigError(f"timm:{name}: ?weights= names a .safetensors file that is there, got {options!r}")
    return TimmNet(name, Path(value) if options else None)
