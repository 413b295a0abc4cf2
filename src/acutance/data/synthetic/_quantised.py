"""What rounding to 8 bits does to exact answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

__all__ = ["ROUNDING_VARIANCE", "to_bytes"]

ROUNDING_VARIANCE = 1.0 / (12.0 * 255.0**2)
"""Variance that rounding to 8 bits adds to every pixel, and as white noise to every eigenvalue: 1.28e-6."""


def to_bytes(images: Float[Tensor, "n c h w"]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Images in [0, 1], clipped and rounded to uint8 (N, H, W, C)."""
    rounded = images.mul(255.0).round_().clamp_(0.0, 255.0)
    return np.ascontiguousarray(rounded.permute(0, 2, 3, 1).numpy().astype(np.uint8))
