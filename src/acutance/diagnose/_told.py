"""A diagnosis in two or three plain sentences, made from its numbers and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from acutance.diagnose._answer import answer
from acutance.diagnose._cause import response_causes
from acutance.diagnose._diagnosis import Estimate, Location, Prescription
from acutance.diagnose._record import SubjectRecord

__all__ = ["told"]

_ALL = 0.98
"""Of explained detail; what is missing then is less than what rounding and intervals leave open."""
_PLACES = {
    "data": "its input pipeline",
    "bottleneck": "too few latents",
    "rate": "a code that carries too few bits",
    "encoder": "the encoder",
    "encoder_noise": "noise that the decoder was not trained for",
    "quantization": "the quantiser",
    "decoder": "the decoder",
}


def told(
    record: SubjectRecord,
    explained: Estimate | None,
    locations: Sequence[Location],
    prescriptions: Sequence[Prescription],
    unplaced: str = "",
) -> str:
    """How much is lost, where, what the decoder does about it, and what to change first.

    Args:
        record: the subject as measured.
        explained: explained detail; None without reconstructions.
        locations: from the largest share down.
        prescriptions: the most useful first.
        unplaced: why no location is told.
    """
    if explained is None:
        why = f" {unplaced[0].upper()}{unplaced[1:]}." if unplaced and record.bands.get("sample") else ""
        return f"{answer([record])}{why}"
    sentences = [f"{record.name} gets {_percent(explained.value)} of the images' detail right{_top(record)}."]
    sentences += [*_where(locations, explained.value), *_response(record)]
    if prescriptions:
        sentences.append(f"Change this first: {prescriptions[0].change}.")
    return " ".join(sentences)


def _top(record: SubjectRecord) -> str:
    bands = record.bands.get("sample")
    if not bands:
        return ""
    values = bands[-1].values
    shown, known = _percent(values["detail_ratio"]), _percent(values["coherence"])
    return f"; of the finest it shows {shown} and knows {known}"


def _where(locations: Sequence[Location], explained: float) -> list[str]:
    if not locations:
        return ["Without a code to look at, nothing can be said of where the rest was lost."]
    if all(found.share == 0 for found in locations):
        return [
            "Nothing is lost." if explained > _ALL else "No place of it loses the rest: that is the price of inventing."
        ]
    present = [found for found in locations if found.verdict == "present"]
    if not present:
        most = locations[0]
        if most.verdict == "undecided":
            return [f"Where the rest was lost these images do not decide; most of it points to {_place(most)}."]
        return ["No part of it loses more than healthy models of its kind do."]
    parts = [f"{_percent(found.share)} to {_place(found)} ({found.location})" for found in present]
    return [f"Of what it loses, it loses {' and '.join([', '.join(parts[:-1]), parts[-1]] if parts[1:] else parts)}."]


def _place(location: Location) -> str:
    return _PLACES.get(location.location, location.location.replace("_", " "))


def _response(record: SubjectRecord) -> list[str]:
    bands, response = record.bands.get("sample"), record.response
    if not bands or response is None:
        return []
    return [cause.told(response, bands[-1]) for _, cause in response_causes() if cause.verdict(response) == "present"]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
