"""What a claim is: a sentence of the source, parts of it that can be tested, and what was expected before any run."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

import numpy as np
from numpy.typing import NDArray

from acutance.catalog import Catalog
from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._chart import Chart
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIMS", "Claim", "Evidence", "Part", "Verdict", "identifiers", "module_of", "verdict_of"]

CLAIMS = Catalog("acutance.claims", noun="claim", attribute="CLAIM")
"""Every claim, by file name: S7 is s7.py."""

Verdict = Literal["supported", "partly", "refuted", "undecided"]
Role = Literal["claim", "exact", "beside"]


@final
@dataclass(frozen=True, kw_only=True)
class Part:
    """A statement with a threshold, written before any run.

    Attributes:
        name: by which its effect is given.
        statement: what is said to hold.
        bound: where the effect has to lie for it.
        unit: of the effect.
        expected: whether theory S expects it to hold.
        role: "claim" (a part of what the source says; these alone make the verdict), "exact" (a prediction of the
            theory), or "beside" (worth knowing).
        data: on which images.
    """

    name: str
    statement: str
    bound: Bound
    unit: str
    expected: Literal["holds", "fails", "open"]
    role: Role = "claim"
    data: str = "real"


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What was found of a claim.

    Attributes:
        effects: for each part one array (1 + replicates,) a seed.
        chart: the picture that shows it.
        pictures: rows of pictures, uint8 (n, height, width) or (n, height, width, 3), by name.
        detail: coherence and detail ratio of each octave by subject, ((q, y), ...) low to high, for the detail map.
    """

    effects: dict[str, list[Rows]]
    chart: Chart
    pictures: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    detail: dict[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)


class Claim(abc.ABC):
    """An explanation put to the test, one file each."""

    says: ClassVar[str]
    """The source's claim in a sentence."""
    prediction: ClassVar[str]
    """What is expected to come out, and why."""
    parts: ClassVar[tuple[Part, ...]]

    @abc.abstractmethod
    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        """The work of one seed, by name; what a cell needs need not be named."""

    @abc.abstractmethod
    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        """What the cells say, a pure function of what they found, one dictionary a seed."""

    def sources(self, scene: Scene) -> list[str]:
        """The images that it is tested on."""
        cells = self.cells(scene, scene.seeds[0]).values()
        return sorted({source for cell in cells for source in cell.sources()})


def identifiers() -> list[str]:
    """S1, S2, ... in their order."""
    return sorted((name.upper() for name in CLAIMS.names()), key=lambda name: (len(name), name))


def module_of(identifier: str) -> str:
    """The catalog's name of an identifier: S7 and s7 are s7."""
    return identifier.lower()


def verdict_of(outcomes: Sequence[str]) -> Verdict:
    """What the parts of a claim make of it.

    Supported where all hold, refuted where all fail, partly where some hold and some fail; undecided otherwise.

    Example:
        >>> verdict_of(["holds", "fails"]), verdict_of(["holds", "undecided"])
        ('partly', 'undecided')
    """
    kinds = {*outcomes}
    if {"holds", "fails"} <= kinds:
        return "partly"
    if kinds == {"holds"}:
        return "supported"
    return "refuted" if kinds == {"fails"} else "undecided"
