"""`builtin:glyphs`: letters and digits in the text fonts inside matplotlib; every letter in every font is one mode.

The number of modes is known exactly (`GlyphAnswers.modes`), so that a generator's dropped modes can be counted. Left
out is what would make two modes look the same: `I` and `l`, and DejaVu Sans Mono, which is much like DejaVu Sans. With
`?copies=K` every glyph comes K times, moved by half to one pixel, under one label. The group is the letter in the
typeface (bold and slanted variants together), so that no near variant crosses a split.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import final

from acutance.data._item import Item, Listing, Options
from acutance.data._query import parameters
from acutance.data.sources._letters import TYPEFACES, draw_letter, drawing_key
from acutance.errors import SourceError

__all__ = ["GlyphAnswers", "listing"]

_LETTERS = (string.ascii_uppercase + string.ascii_lowercase + string.digits).translate({ord("I"): None, ord("l"): None})


@final
@dataclass(frozen=True, kw_only=True)
class GlyphAnswers:
    """What is known exactly about this source.

    Attributes:
        letters: the characters.
        fonts: the names of the fonts.
        copies: images of each letter in each font.
    """

    letters: tuple[str, ...]
    fonts: tuple[str, ...]
    copies: int

    @property
    def modes(self) -> int:
        """Letters times fonts; an image's label names its mode."""
        return len(self.letters) * len(self.fonts)


@final
@dataclass(frozen=True, kw_only=True)
class _Parameters:
    copies: int = 1


def listing(argument: str, options: Options) -> Listing:
    """All glyphs, at `size` (32), in `channels` (1)."""
    copies = parameters("builtin:glyphs", argument, _Parameters).copies
    if copies < 1:
        raise SourceError(f"builtin:glyphs: copies is at least 1, got {copies}")
    size = options.size or 32
    fonts = tuple(font for family in TYPEFACES.values() for font in family)
    answers = GlyphAnswers(letters=tuple(_LETTERS), fonts=fonts, copies=copies)
    return Listing(
        key=(_LETTERS, *fonts, str(copies), *drawing_key()),
        items=partial(_items, size, copies),
        options=Options(size=size, channels=options.channels or 1),
        total=answers.modes * copies,
        answers=answers,
    )


def _items(size: int, copies: int) -> Iterator[Item]:
    for family, fonts in TYPEFACES.items():
        for font in fonts:
            for letter in _LETTERS:
                for copy in range(copies):
                    yield Item(
                        name=_name(font, letter, copy if copies > 1 else None),
                        load=partial(draw_letter, letter, font, size, copy),
                        group=f"{letter} {family}",
                        label=f"{letter} {font}",
                    )


def _name(font: str, letter: str, copy: int | None) -> str:
    """Unique also where a file system takes A and a for the same."""
    case = "upper-" if letter.isupper() else "lower-" if letter.islower() else ""
    return f"{font}/{case}{letter}{'' if copy is None else f'-{copy}'}.png"
