"""Many small pictures on one sheet.

The sheet is an SVG that holds a PNG, not a PNG: a folder of samples is read as images again by `acutance measure`, and
a sheet among them would count as one of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acutance.report.pictures import Pixels, data_uri

__all__ = ["grid"]

_GAP = 1
_SIDE = 96
_PAPER = 24


def grid(pictures: Sequence[Pixels], columns: int) -> bytes:
    """A sheet of pictures, row by row, every pixel a sharp square.

    Args:
        pictures: at least one, uint8 (H, W, C), all of one shape.
        columns: how many stand in a row.
    """
    height, width, channels = pictures[0].shape
    rows = -(-len(pictures) // columns)
    columns = min(columns, len(pictures))
    sheet = np.full((rows * (height + _GAP) + _GAP, columns * (width + _GAP) + _GAP, channels), _PAPER, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = _GAP + i // columns * (height + _GAP), _GAP + i % columns * (width + _GAP)
        sheet[top : top + height, left : left + width] = picture
    scale = max(1, _SIDE // max(height, width))
    tall, wide = sheet.shape[0] * scale, sheet.shape[1] * scale
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}">'
        f'<image width="{wide}" height="{tall}" style="image-rendering:pixelated" href="{data_uri(sheet)}"/></svg>\n'
    ).encode()
