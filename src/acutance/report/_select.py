"""Which numbers of a subject a page shows, and the words for octaves and intervals."""

from __future__ import annotations

import math

from acutance.diagnose._record import Comparison, SubjectRecord
from acutance.measure._bands import Band, Curve
from acutance.report._numbers import interval_text, number_text

__all__ = ["curve", "ends", "finest", "paired", "pictures_text", "prior", "scale_text", "tip", "value", "with_interval"]


def pictures_text(comparison: Comparison) -> str:
    """How many pictures were measured, and whether a subject was trained on them.

    `made["held_out"]` tells: True, as where it tells nothing, if none was; False if some were; None if nobody knows.
    """
    count = f"{comparison.data.images:,}"
    held_out = comparison.made.get("held_out", True)
    if held_out is None:
        return f"{count} pictures, perhaps trained on"
    return f"{count} held-out pictures" if held_out else f"{count} pictures, those trained on too"


def paired(subject: SubjectRecord) -> tuple[Band, ...]:
    """The bands of its reconstructions from a sampled latent, else from the mean, else none."""
    return subject.bands.get("sample") or subject.bands.get("mean") or ()


def prior(subject: SubjectRecord) -> tuple[Band, ...]:
    """The bands of its samples, or none."""
    return subject.bands.get("prior", ())


def curve(subject: SubjectRecord, kinds: tuple[str, ...], name: str) -> Curve | None:
    """The first curve of this name under these keys."""
    curves = (c for kind in kinds for c in subject.curves.get(kind, ()))
    return next((c for c in curves if c.name == name and c.frequency), None)


def value(band: Band, name: str) -> float:
    """The band's number, NaN where it has none."""
    return band.values.get(name, math.nan)


def ends(band: Band, name: str) -> tuple[float, float] | None:
    """The band's 95 % interval, None where none can be stated."""
    interval = band.intervals.get(name)
    return interval if interval and len(interval) == 2 and all(map(math.isfinite, interval)) else None


def finest(bands: tuple[Band, ...]) -> Band | None:
    """The band of the highest frequency that has a detail ratio."""
    known = [band for band in bands if math.isfinite(value(band, "detail_ratio"))]
    return max(known, key=lambda band: band.high, default=None)


def scale_text(band: Band) -> str:
    """The octave as the size of what it holds, e.g. "2 to 4 px"."""
    longest = f"{1 / band.low:.3g}" if band.low > 0 else "∞"
    return f"{1 / band.high:.3g} to {longest} px"


def with_interval(band: Band, name: str) -> str:
    """The number with its interval in brackets."""
    around = ends(band, name)
    shown = number_text(value(band, name))
    return f"{shown} ({interval_text(*around)})" if around else shown


def tip(subject: str, band: Band, kind: str) -> str:
    """What a point says when it is pointed at: a heading, then one number a line."""
    names = [("coherence", "coherence"), ("detail ratio", "detail_ratio"), ("explained", "explained"), ("gain", "gain")]
    rows = [f"{word} {with_interval(band, name)}" for word, name in names if math.isfinite(value(band, name))]
    return "\n".join([f"{subject}, {kind}", f"details of {scale_text(band)}", *rows])
