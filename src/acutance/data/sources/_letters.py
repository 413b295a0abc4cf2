"""Letters and digits in the text fonts inside matplotlib: which fonts, and drawing one of them, moved a little."""

from __future__ import annotations

import importlib
import math
from importlib.metadata import version
from pathlib import Path

import torch
from PIL import Image

from acutance.data.sources._glyph import SUPERSAMPLING, draw_glyph, open_font
from acutance.rng import rng_for

__all__ = ["TYPEFACES", "draw_letter", "drawing_key"]

TYPEFACES = {
    "DejaVuSans": ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    "DejaVuSerif": ("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic"),
    "STIXGeneral": ("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    "cmr": ("cmr10", "cmb10", "cmti10"),
    "cmss": ("cmss10",),
    "cmtt": ("cmtt10",),
}
"""Fonts that look different, by typeface; DejaVu Sans Mono is left out, which is much like DejaVu Sans."""

_EM = 0.75
_BASELINE = 0.72
_LARGEST_SHIFT_PX = 1.0


def drawing_key() -> tuple[str, ...]:
    """All that a drawing depends on besides what is drawn."""
    return (version("matplotlib"), str((_EM, _BASELINE, _LARGEST_SHIFT_PX, SUPERSAMPLING)))


def draw_letter(letter: str, font: str, size: int, copy: int = 0) -> Image.Image:
    """One letter, white on black, size x size; copy 0 stands in the middle, others are moved by half to one pixel."""
    file = Path(importlib.import_module("matplotlib").get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"
    opened = open_font(str(file), round(_EM * size * SUPERSAMPLING))
    right, down = _shift(letter, font, copy)
    return draw_glyph(opened, letter, size, baseline=_BASELINE + down / size, shift_px=right)


def _shift(letter: str, font: str, copy: int) -> tuple[float, float]:
    """How far copy number `copy` is moved, in pixels of the result: half a pixel to a pixel; the first one is not."""
    if copy == 0:
        return 0.0, 0.0
    far, turn = torch.rand(2, generator=rng_for(copy, "glyph", letter, font)).tolist()
    radius, angle = (1 + far) / 2 * _LARGEST_SHIFT_PX, 2 * math.pi * turn
    return radius * math.cos(angle), radius * math.sin(angle)
