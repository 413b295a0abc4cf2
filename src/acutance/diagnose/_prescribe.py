"""What to change in a subject, for each location that is present."""

from __future__ import annotations

from acutance.diagnose._attribute import Attribution
from acutance.diagnose._cause import Contrast, locations
from acutance.diagnose._diagnosis import Location, Prescription

__all__ = ["prescribe"]

_INVENTS = (
    "This decoder invents what it does not know, and will go on inventing: the prediction is for what the code then "
    "holds, shown by a decoder that averages."
)


def prescribe(found: Attribution) -> tuple[Prescription, ...]:
    """One prescription for each present location, the one with the largest share first."""
    causes = dict(locations())
    present = [location for location in found.locations if location.verdict == "present"]
    averaged = None if found.price is None else found.judged.outcome("sample").octaves.finest
    made = []
    for location in present:
        advice = causes[location.location].advice(found.judged)
        coherence, detail = _predicted(found.contrasts[location.location])
        made.append(
            Prescription(
                cause=location.location,
                change=advice.change,
                because=_because(location),
                coherence=coherence if advice.coherence is None else advice.coherence,
                detail_ratio=detail if advice.detail_ratio is None else advice.detail_ratio,
                will_not=advice.will_not if averaged is None else f"{advice.will_not} {_INVENTS}",
                basis=advice.basis,
                averaged=averaged,
            )
        )
    return tuple(made)


def _predicted(contrast: Contrast) -> tuple[float, float]:
    """Coherence and detail ratio of the finest octave with the place put right; 1 where nothing would be left."""
    if contrast.after is None:
        return 1.0, 1.0
    return contrast.after.finest


def _because(location: Location) -> str:
    words = " ".join(evidence.words for evidence in location.evidence)
    return f"{100 * location.share:.0f} % of the lost detail is lost here. {words}"
