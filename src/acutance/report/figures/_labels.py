"""Labels that never cover a point: places are tried in order, and a label with no free place is left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Board", "Box", "Label", "label"]

_WIDE = frozenset("mwMW@%—")
_SLIM = frozenset("iljtfrI.,:;|'!()[] ")


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """True where the two overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def within(self, other: Box) -> bool:
        """True where this one lies wholly inside the other."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )

    @classmethod
    def around(cls, x: float, y: float, radius: float) -> Box:
        """The square about a point."""
        return cls(x - radius, y - radius, x + radius, y + radius)


@dataclass(frozen=True)
class Label:
    """Words on one line or two, with the room they take.

    Attributes:
        lines: what is written.
        size: of the letters, in pixels.
    """

    lines: tuple[str, ...]
    size: float

    @property
    def width(self) -> float:
        """Of the widest line, in pixels."""
        return max(text_width(words, self.size) for words in self.lines)

    @property
    def height(self) -> float:
        """Of all lines, in pixels."""
        return 1.2 * self.size * len(self.lines)

    def spots(self, x: float, y: float, across: float, upright: float) -> list[tuple[float, float]]:
        """Places (left and top end) about a point, best first: beside, below, above, then further out.

        Args:
            x: the point.
            y: the point.
            across: how far to keep away to the left and right.
            upright: how far to keep away above and below.
        """
        middle, centred = y - self.height / 2, x - self.width / 2
        places = [(x + across + 5, middle), (x - across - 5 - self.width, middle)]
        for more in (3.0, 10.0, 20.0, 34.0, 50.0):
            above, below = y - upright - more - self.height, y + upright + more
            left, right = x - self.width - 0.4 * more, x + 0.4 * more
            places += [(centred, below), (centred, above), (right, below), (left, above), (left, below), (right, above)]
        return places


def label(words: str, size: float, *, longest: int = 18, most: int = 44) -> Label:
    """The words as a label: broken in two near the middle where they are long, cut where they are very long."""
    shown = words if len(words) <= most else words[: most - 1].rstrip() + "…"
    breaks = [k for k, c in enumerate(shown) if c == " "]
    if len(shown) <= longest or not breaks:
        return Label((shown,), size)
    near = min(breaks, key=lambda k: abs(k - len(shown) / 2))
    return Label((shown[:near], shown[near + 1 :]), size)


def text_width(words: str, size: float) -> float:
    """How wide the words are in a sans-serif face of this size, rather too wide than too slim."""
    return size * sum(0.92 if c in _WIDE else 0.36 if c in _SLIM else 0.62 for c in words)


@dataclass
class Board:
    """The taken places of a figure.

    Attributes:
        area: labels stay inside it.
        taken: what no label may touch.
    """

    area: Box
    taken: list[Box] = field(default_factory=list)

    def take_line(self, x1: float, y1: float, x2: float, y2: float, *, thick: float = 3.0) -> None:
        """Keep labels off a straight line."""
        steps = max(2, int(max(abs(x2 - x1), abs(y2 - y1)) / 4))
        for k in range(steps + 1):
            self.taken.append(Box.around(x1 + (x2 - x1) * k / steps, y1 + (y2 - y1) * k / steps, thick / 2))

    def free(self, box: Box) -> bool:
        """True where nothing is in the way."""
        return box.within(self.area) and not any(box.meets(other) for other in self.taken)

    def place(self, words: Label, spots: Iterable[tuple[float, float]]) -> tuple[float, float] | None:
        """The first spot (left and top end) where the label fits; the place is taken then."""
        for x, y in spots:
            box = Box(x - 2, y, x + words.width + 2, y + words.height)
            if self.free(box):
                self.taken.append(box)
                return x, y
        return None
