"""The one picture of a claim, as data: a chart whose numbers stand in claims.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, final

__all__ = ["Axis", "Chart", "Dot", "Guide", "Series"]


@final
@dataclass(frozen=True, kw_only=True)
class Axis:
    """An axis of a chart.

    Attributes:
        title: with the unit.
        low: its lower end.
        high: its upper end.
        names: places with words in place of numbers.
    """

    title: str
    low: float
    high: float
    names: tuple[tuple[float, str], ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class Dot:
    """A point, with an upright interval where there is one.

    Attributes:
        x: level.
        y: upright.
        low: lower end of the 95 % interval of y.
        high: upper end.
    """

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@final
@dataclass(frozen=True, kw_only=True)
class Series:
    """Points of one kind.

    Attributes:
        name: what they are.
        dots: in order.
        drawn: as marks, as a line, or both.
    """

    name: str
    dots: tuple[Dot, ...]
    drawn: Literal["marks", "line", "both"] = "both"


@final
@dataclass(frozen=True, kw_only=True)
class Guide:
    """A straight line that says what to expect.

    Attributes:
        words: what it is.
        start: x and y of one end.
        end: x and y of the other.
    """

    words: str
    start: tuple[float, float]
    end: tuple[float, float]


@final
@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart.

    Attributes:
        title: what it shows, in a sentence.
        x: the level axis.
        y: the upright axis.
        series: what is drawn.
        guides: what to expect.
    """

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    guides: tuple[Guide, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, as claims.json holds them."""
        return asdict(self)

    @staticmethod
    def of(document: dict[str, Any]) -> Chart:
        """The inverse of `to_json`."""
        return Chart(
            title=document["title"],
            x=_axis(document["x"]),
            y=_axis(document["y"]),
            series=tuple(
                Series(name=s["name"], drawn=s["drawn"], dots=tuple(Dot(**dot) for dot in s["dots"]))
                for s in document["series"]
            ),
            guides=tuple(
                Guide(words=g["words"], start=tuple(g["start"]), end=tuple(g["end"])) for g in document["guides"]
            ),
        )


def _axis(document: dict[str, Any]) -> Axis:
    names = tuple((float(place), str(words)) for place, words in document["names"])
    return Axis(title=document["title"], low=document["low"], high=document["high"], names=names)
