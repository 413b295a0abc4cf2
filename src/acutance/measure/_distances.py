"""All readings of one kind of features."""

from __future__ import annotations

from typing import Final, Literal

from acutance.measure._bank import FeatureBank
from acutance.measure._reading import Reading
from acutance.measure.frechet_distance import FrechetDistance
from acutance.measure.frechet_infinity import FrechetInfinity
from acutance.measure.kernel_distance import KernelDistance
from acutance.measure.memorisation import Memorisation
from acutance.measure.neighbours import Neighbours
from acutance.measure.support_size import SupportSize
from acutance.measure.vendi_score import VendiScore

__all__ = ["Effort", "all_readings", "distances"]

Effort = Literal["fast", "full"]
"""`fast` leaves out what needs further matrix steps or neighbours: the Frechet limit, memorised share, support."""

_ENOUGH_FOR_HALVES: Final = 8


def all_readings(bank: FeatureBank, ks: tuple[int, ...], effort: Effort) -> list[Reading]:
    """Everything that features tell, under the plain names."""
    readings = [*distances("", bank), *Neighbours(ks, bank).compute(), *VendiScore(bank).compute()]
    if effort == "full":
        more = FrechetInfinity(bank), Memorisation(bank), SupportSize(bank)
        readings += [reading for measure in more for reading in measure.compute()]
    return readings


def distances(suffix: str, bank: FeatureBank) -> list[Reading]:
    """Frechet and kernel distance, and the former of the real set's halves, with a suffix to their names."""
    readings = [
        FrechetDistance(bank).reading(f"frechet_distance{suffix}", bank),
        KernelDistance(bank).reading(f"kernel_distance{suffix}"),
    ]
    if bank.count("real") >= _ENOUGH_FOR_HALVES:
        floor = FrechetDistance(bank.halves())
        readings.append(floor.reading(f"frechet_distance{suffix}_floor", floor.bank))
    return readings
