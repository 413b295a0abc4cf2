"""What feature networks are fed: three channels."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError

__all__ = ["as_rgb"]


def as_rgb(images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 3 h w"]:
    """Colour as it is, grey repeated.

    Raises:
        MeasureError: neither 1 nor 3 channels.
    """
    if images.shape[1] not in (1, 3):
        raise MeasureError(f"the feature network needs 1 or 3 channels, got {images.shape[1]}; drop alpha")
    return images.expand(-1, 3, -1, -1)
