"""A row of small pictures as text, as claims.json holds it."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["strip_png"]

_GAP_PX, _GAP_VALUE = 1, 128


def strip_png(pictures: NDArray[np.uint8]) -> str:
    """Pictures side by side, a grey line between them, as a PNG in base64.

    Args:
        pictures: (n, height, width), or (n, height, width, 3) in colour.
    """
    gaps = [(0, 0), (0, 0), (0, _GAP_PX), (0, 0)][: pictures.ndim]
    apart = np.pad(pictures, gaps, constant_values=_GAP_VALUE)
    joined = np.concatenate(list(apart), axis=1)[:, :-_GAP_PX]
    file = io.BytesIO()
    Image.fromarray(joined).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
