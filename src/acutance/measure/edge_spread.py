"""How sharp the straight step edges of natural images are, samples against real ones: no pairs needed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._bands import Curve
from acutance.measure._base import PopulationMeasure, Summed, few_images
from acutance.measure._blocks import spans
from acutance.measure._edges import bins_of, edge_columns, edge_spread, line_spread, mtf, width_px
from acutance.measure._images import ROLES, Role, as_planes, check_sides
from acutance.measure._keys import content_keys
from acutance.measure._measurement import Measurement
from acutance.measure._reading import Better, Reading
from acutance.measure._sharpness import crossing, ratio
from acutance.measure._spectral import make_curves
from acutance.stats import percentile_interval, poisson_weights

__all__ = ["MEASURE", "EdgeMeasurement", "EdgeSpread", "radius_for"]

Floats = NDArray[np.float64]

_FREQUENCY: Final = np.arange(1, 33) / 64.0
_ENOUGH: Final = 100
_PIXELS: Final = 1 << 20
"""Pixels that are looked at together; what is kept of each takes a hundred times its space."""
_WIDE: Final = 0.7
"""An edge wider than this share of the radius has its foot cut off and reads too sharp."""
_SPEC: Final[dict[str, tuple[str, Better]]] = {
    "edge_mtf50": ("cycles/px", "higher"),
    "edge_mtf50_real": ("cycles/px", "none"),
    "edge_width_px": ("px", "lower"),
    "edge_width_px_real": ("px", "none"),
    "edge_width_ratio": ("ratio", "one"),
}


def radius_for(side: int) -> int:
    """How far to either side an edge is looked at: an eighth of the shorter side, but 4 ... 8 px."""
    return max(4, min(8, side // 8))


@dataclass(frozen=True, kw_only=True)
class EdgeMeasurement(Measurement):
    """Edges of two populations.

    Attributes:
        edges: how many edges were found, by population.
        curves: `edge_mtf` and `edge_mtf_real` along frequency.
        spread: edge-spread function of each population in bins of a quarter px, from dark (0) to bright (1).
    """

    edges: dict[str, int]
    curves: tuple[Curve, ...]
    spread: dict[str, Floats] = field(repr=False)


@final
class EdgeSpread(Summed, PopulationMeasure):
    """Edge-spread function and MTF from all straight step edges of a population, slanted-edge style.

    Edges are placed to a fraction of a px by the centroids of neighbouring rows, scaled to 0 ... 1 and put together in
    bins of a quarter px, whatever their slant; the slope of their mean is the line-spread function, its transform the
    MTF. The pixel's own aperture is part of it: an ideal edge is about 1 px wide.

    An edge has to be straight over five rows and flat on both sides, with nothing else within the radius. Noise makes
    edges fail that, so there are fewer; few edges or wide ones are named as preconditions.

    Args:
        radius: how far to either side of an edge it is looked at, in px; by default `radius_for` the images' size.

    References:
        ISO 12233; O1, O4 in docs/theory.md. Bias by width and size: docs/precision.md.
    """

    def __init__(self, *, radius: int | None = None) -> None:
        super().__init__()
        self.radius = radius

    def settings(self) -> tuple[str, ...]:
        return (f"radius={self.radius}",)

    @torch.no_grad()
    def update(self, *, real: Tensor | None = None, fake: Tensor | None = None) -> None:
        """See a batch of either population or of both; their sizes may differ.

        Raises:
            MeasureError: a batch is not (N, C, H, W) float in [0, 1], sizes differ, or a side is too short.
        """
        for role, images in check_sides(real, fake):
            radius = self._radius(min(images.shape[-2:]))
            luma = as_planes(images, "luma")[:, 0].double()
            parts = spans(len(luma), max(1, _PIXELS // luma[0].numel()))
            columns = torch.cat([edge_columns(luma[rows], radius) for rows in parts])
            self.sums.expect(tuple(images.shape[1:]), "edge spread")
            weights = torch.from_numpy(poisson_weights(content_keys(images)))
            self.sums.add(role, weights.T @ columns)
            self.sums.add(f"{role}.count", weights[:, 0].sum())

    def _radius(self, side: int) -> int:
        radius = radius_for(side) if self.radius is None else self.radius
        if radius < 4:
            raise MeasureError(f"edges need a radius of at least 4 px, got {radius}")
        if side < 2 * radius + 1:
            raise MeasureError(f"edges of radius {radius} px need sides of {2 * radius + 1} px, got {side}; use larger")
        return radius

    def compute(self) -> tuple[Reading, ...]:
        return self.result().readings

    def result(self) -> EdgeMeasurement:
        """Readings, curves and edge-spread functions of all that was seen.

        Raises:
            NoDataError: a population is empty.
        """
        for role in ROLES:
            if role not in self.sums:
                raise NoDataError(f"edge spread was asked for before any {role} image was seen; update {role}=")
        radius = self._radius(min(self.sums.shape[1:]))
        spread = {role: self._spread(role, bins_of(radius)) for role in ROLES}
        lines = {role: line_spread(rows) for role, rows in spread.items()}
        gains = {role: mtf(rows, _FREQUENCY) for role, rows in lines.items()}
        widths = {role: width_px(rows) for role, rows in lines.items()}
        values = {
            "edge_mtf50": crossing(_FREQUENCY, gains["fake"], 0.5),
            "edge_mtf50_real": crossing(_FREQUENCY, gains["real"], 0.5),
            "edge_width_px": widths["fake"],
            "edge_width_px_real": widths["real"],
            "edge_width_ratio": ratio(widths["fake"], widths["real"]),
        }
        n = min(int(self.sums[f"{role}.count"]) for role in ROLES)
        violated = {role: self._violated(role, float(widths[role][0]), radius) for role in ROLES}
        curves = {"edge_mtf": gains["fake"], "edge_mtf_real": gains["real"]}
        return EdgeMeasurement(
            edges={role: self._edges(role) for role in ROLES},
            curves=make_curves(_FREQUENCY, curves, n),
            spread={role: rows[0] for role, rows in spread.items()},
            readings=tuple(
                _reading(name, rows, n, [text for role in _sides_of(name) for text in violated[role]])
                for name, rows in values.items()
            ),
        )

    def _edges(self, role: str) -> int:
        return int(self.sums[role][0, -1])

    def _spread(self, role: str, bins: int) -> Floats:
        count, total, distance = (part.numpy() for part in torch.split(self.sums[role][:, :-1], bins, dim=1))
        return edge_spread(count, total, distance)

    def _violated(self, role: str, width: float, radius: int) -> list[str]:
        edges, who = self._edges(role), "samples" if role == "fake" else "real images"
        if math.isnan(width):
            return [f"no straight, isolated step edge was found in the {who}"]
        found = [f"only {edges} edges were found in the {who}"] if edges < _ENOUGH else []
        if width > _WIDE * radius:
            found.append(f"edges of the {who} are too wide for a radius of {radius} px and read too sharp")
        return found


def _sides_of(name: str) -> tuple[Role, ...]:
    """The populations that a reading is of."""
    return ROLES if name.endswith("_ratio") else ("real",) if name.endswith("_real") else ("fake",)


def _reading(name: str, rows: Floats, n: int, violated: list[str]) -> Reading:
    unit, better = _SPEC[name]
    low, high = percentile_interval(rows[1:], n)
    return Reading(
        name=name,
        value=float(rows[0]),
        unit=unit,
        better=better,
        n=n,
        low=float(low),
        high=float(high),
        preconditions=(*few_images(n), *violated),
    )


MEASURE = EdgeSpread
