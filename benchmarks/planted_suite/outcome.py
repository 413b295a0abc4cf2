"""What was found in one subject, as plain values, beside what was planted."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any, final

from acutance.diagnose import Diagnosis, Effort, diagnose
from planted_suite.bases import kept_in
from planted_suite.check import check
from planted_suite.data import images_of
from planted_suite.plants import HEALTHY, Plant

NOTHING = "nothing"


@final
@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One subject, diagnosed.

    Attributes:
        name: of the plant.
        planted: location, or `healthy`.
        data: what it was diagnosed on.
        explained: e of the plant by direct measurement.
        without: e of the subject without the fault, by direct measurement.
        found: the location with the largest share.
        shares: of every location that applies, from the largest down.
        low: lower end of the interval of the largest share.
        high: upper end.
        verdicts: by location.
        response: what the decoder did, in a word.
        warnings: of the diagnosis.
        seconds: that the diagnosis took; about none where it was made before.
    """

    name: str
    planted: str
    data: str
    explained: float
    without: float
    found: str
    shares: dict[str, float]
    low: float
    high: float
    verdicts: dict[str, str]
    response: str
    warnings: tuple[str, ...]
    seconds: float

    @property
    def present(self) -> tuple[str, ...]:
        """The locations that are said to be present, the largest first."""
        return tuple(location for location, verdict in self.verdicts.items() if verdict == "present")

    @property
    def named(self) -> str:
        """What a reader is told: of a plant the largest share, of a healthy one what is present."""
        if self.planted == HEALTHY:
            return self.present[0] if self.present else NOTHING
        return self.found

    @property
    def right(self) -> bool:
        """Whether that is what was planted; of a healthy one, nothing."""
        return self.named == (NOTHING if self.planted == HEALTHY else self.planted)

    def values(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self) | {"warnings": list(self.warnings)}


def outcome_of(plant: Plant, effort: Effort, seed: int = 0) -> Outcome:
    """Checks a plant and diagnoses it; what was found before under the same effort is taken from the cache."""
    checked = check(plant)
    training, _ = images_of(plant.base.data)
    held_out = images_of(plant.images)[1]
    subject = plant.parts().subject()
    start = time.perf_counter()
    found = diagnose(
        subject,
        held_out,
        name=plant.name,
        fit_images=training if plant.images == plant.base.data else images_of(plant.images)[0],
        effort=effort,
        seed=seed,
        cache=kept_in() / "diagnoses" / plant.name,
    )
    return _outcome(plant, found, checked.explained, checked.without, time.perf_counter() - start)


def _outcome(plant: Plant, found: Diagnosis, explained: float, without: float, seconds: float) -> Outcome:
    first = found.locations[0]
    response = found.subject.response
    return Outcome(
        name=plant.name,
        planted=plant.location,
        data=plant.images,
        explained=round(explained, 4),
        without=round(without, 4),
        found=first.location,
        shares={location.location: round(location.share, 4) for location in found.locations},
        low=round(first.low, 4),
        high=round(first.high, 4),
        verdicts={location.location: location.verdict for location in found.locations},
        response="none" if response is None else response.verdict,
        warnings=found.warnings,
        seconds=round(seconds, 1),
    )
