"""Drawing one character with FreeType, white on black."""

from __future__ import annotations

import functools

from PIL import Image, ImageDraw, ImageFont

from acutance.data._resize import resized

__all__ = ["SUPERSAMPLING", "draw_glyph", "open_font"]

SUPERSAMPLING = 4
"""Glyphs are drawn this much larger, so that hinting to the pixel grid does not move their edges."""


@functools.lru_cache(maxsize=64)
def open_font(path: str, em_px: int) -> ImageFont.FreeTypeFont:
    """The font, with an em of `em_px` pixels."""
    return ImageFont.truetype(path, em_px, layout_engine=ImageFont.Layout.BASIC)


def draw_glyph(
    font: ImageFont.FreeTypeFont,
    text: str,
    size: int,
    *,
    baseline: float,
    left: float | None = None,
    shift_px: float = 0.0,
) -> Image.Image:
    """One character, white on black, antialiased.

    Args:
        font: opened for an em in pixels of the large canvas, `size * SUPERSAMPLING`.
        text: the character.
        size: side of the result in pixels.
        baseline: where the baseline lies, as a share of the side, from the top.
        left: where its origin lies, as a share of the side, from the left; None puts its ink in the middle.
        shift_px: how many pixels of the result it is then moved to the right.

    Returns:
        Mode L, size x size.
    """
    side = size * SUPERSAMPLING
    canvas = Image.new("L", (side, side))
    if left is None:
        start, _, end, _ = font.getbbox(text, anchor="ls")
        left = (1 - (start + end) / side) / 2
    place = (left * side + shift_px * SUPERSAMPLING, baseline * side)
    ImageDraw.Draw(canvas).text(place, text, fill=255, font=font, anchor="ls")
    return resized(canvas, size, size)
