"""The icon font of PyPI's fonticon-materialdesignicons7: its file, and a name for each of its glyphs."""

from __future__ import annotations

import functools
import importlib
from importlib.metadata import version

from PIL import Image

from acutance.data.sources._glyph import SUPERSAMPLING, draw_glyph, open_font
from acutance.errors import SourceError

__all__ = ["draw_icon", "font_key", "glyphs", "group_of"]

_PACKAGE = "fonticon-materialdesignicons7"
_EM = 7 / 8
"""The em square's side as a share of the picture's; the rest is an even margin."""
_ASCENT = 448 / 512
"""The font's ascent as a share of its em."""


@functools.cache
def glyphs() -> dict[str, str]:
    """Every icon's name, with hyphens as its designers write it, and its character; sorted by name.

    Raises:
        SourceError: the package is not installed.
    """
    try:
        font = importlib.import_module("fonticon_mdi7").MDI7
    except ImportError as error:
        raise SourceError(f"the icons come with the package {_PACKAGE}; install it: pip install {_PACKAGE}") from error
    named = {name.strip("_").replace("_", "-"): str(char)[-1] for name, char in vars(font).items() if name[0] != "_"}
    return dict(sorted(named.items()))


def font_key() -> tuple[str, ...]:
    """What the drawings depend on."""
    return (_PACKAGE, version(_PACKAGE), f"em {_EM}", f"supersampling {SUPERSAMPLING}")


def group_of(name: str) -> str:
    """The first word: near variants of an icon share it."""
    return name.partition("-")[0]


def draw_icon(name: str, size: int) -> Image.Image:
    """One icon, white on black, its em square in the middle; mode L, size x size."""
    font = importlib.import_module("fonticon_mdi7").MDI7
    opened = open_font(str(font.__font_file__), round(_EM * size * SUPERSAMPLING))
    margin = (1 - _EM) / 2
    return draw_glyph(opened, glyphs()[name], size, baseline=margin + _EM * _ASCENT, left=margin)
