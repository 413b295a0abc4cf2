"""The one resize: every picture that changes its size does it here."""

from __future__ import annotations

from PIL import Image

__all__ = ["fit_square", "resized"]


def resized(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Resize with antialiasing: Keys' cubic (a = -1/2), widened by the scale where the picture shrinks.

    The kernel's support grows with the reduction, so that no frequency above the new Nyquist limit folds down
    (Parmar, Zhang, Zhu 2022 show what happens otherwise); values are rounded, not truncated. Pixel values are used as
    stored, without undoing the display gamma.

    Args:
        picture: mode L, RGB or F.
        width: new width in pixels.
        height: new height in pixels.

    Returns:
        The picture at its new size, in its own mode; the picture itself where nothing changes.
    """
    if picture.size == (width, height):
        return picture
    return picture.resize((width, height), Image.Resampling.BICUBIC)


def fit_square(picture: Image.Image, size: int) -> Image.Image:
    """The largest centred square of a picture, resized to `size` x `size`.

    An odd surplus loses its extra row or column at the right or bottom.
    """
    width, height = picture.size
    side = min(width, height)
    if width != height:
        left, top = (width - side) // 2, (height - side) // 2
        picture = picture.crop((left, top, left + side, top + side))
    return resized(picture, size, size)
