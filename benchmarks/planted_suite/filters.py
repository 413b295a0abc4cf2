"""Filters of images: what a pipeline, a bad encoder or the end of a decoder may do to them."""

from __future__ import annotations

import abc
import io
import math
from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn


class Filter(nn.Module, abc.ABC):
    """Images to images of the same size."""

    @abc.abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) in and out."""


@final
class Blur(Filter):
    """Gaussian blur of a width in pixels, reflecting at the border (O4)."""

    def __init__(self, sigma_px: float) -> None:
        super().__init__()
        reach = math.ceil(3 * sigma_px)
        bell = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma_px) ** 2)
        self.reach = reach
        self.register_buffer("bell", bell / bell.sum())
        self.bell: Tensor

    def forward(self, images: Tensor) -> Tensor:
        channels, side = images.shape[1], self.reach
        bell = self.bell.to(images.dtype)
        wide = F.pad(images, (side, side, side, side), mode="reflect")
        down = F.conv2d(wide, bell[None, None, :, None].expand(channels, 1, -1, 1), groups=channels)
        return F.conv2d(down, bell[None, None, None, :].expand(channels, 1, 1, -1), groups=channels)


@final
class Resize(Filter):
    """Down to `side` pixels with antialiasing, and up again."""

    def __init__(self, side: int, mode: str) -> None:
        super().__init__()
        self.side, self.mode = side, mode

    def forward(self, images: Tensor) -> Tensor:
        small = F.interpolate(images, (self.side, self.side), mode=self.mode, antialias=True)
        return F.interpolate(small, images.shape[-2:], mode=self.mode)


@final
class Jpeg(Filter):
    """JPEG at a quality, 1 to 95; passes no gradient."""

    def __init__(self, quality: int) -> None:
        super().__init__()
        self.quality = quality

    def forward(self, images: Tensor) -> Tensor:
        return torch.stack([self._one(image) for image in images])

    def _one(self, image: Tensor) -> Tensor:
        pixels = (image.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
        picture = Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=self.quality)
        back = np.asarray(Image.open(buffer), dtype=np.float32) / 255
        return torch.from_numpy(back.reshape(pixels.shape)).permute(2, 0, 1)


@final
class Posterise(Filter):
    """Few grey levels, evenly spread over [0, 1]."""

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.steps = levels - 1

    def forward(self, images: Tensor) -> Tensor:
        return (images * self.steps).round() / self.steps


def filter_of(name: str, amount: float) -> Filter:
    """A filter by its name; the amount is px, quality, levels or the side in px."""
    if name == "blur":
        return Blur(amount)
    if name == "jpeg":
        return Jpeg(int(amount))
    if name == "posterise":
        return Posterise(int(amount))
    return Resize(int(amount), name)
