"""S7: a Euclidean loss averages plausible outputs.

What is claimed:
    L2 and L1 losses are minimised by averaging all plausible outputs, which blurs (Isola et al. 2017).
How it is tested:
    A decoder whose code says nothing is trained on step edges at a random place under L2, L1 and the energy score,
    and its answer is compared with the exact one: a ramp `s sqrt(2 pi)` wide, a step, a draw; squared errors 1 : sqrt
    2 : 2 (up to pixels and borders, which the exact numbers include). On real images a VAE of 16 numbers is trained
    under a Gaussian and under a Laplace likelihood; an average has the slope S_xr / S_rr = 1.
Prediction:
    Partly: L2 gives the mean to the per cent, L1 gives the median, which is sharp here. On real images the L2 slope
    is 1 within .1 in the finest octave, the L1 slope lies below 1.
Confounders:
    A slope of 1 does not prove that the average is the best one (T4). The energy decoder nears its answer slowly: its
    error is 4 % short after 4,000 steps, which were too few, and it is given 10,000.

References:
    S7, T1, T4, T5, T6, O1. Isola et al. 2017; Gneiting and Raftery 2007.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acutance.claims._bench import edge, vae
from acutance.claims._cell import Cell, Found, Rows
from acutance.claims._chart import Axis, Chart, Dot, Series
from acutance.claims._claim import Claim, Evidence, Part
from acutance.claims._rows import detail_of, finest, of
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound

__all__ = ["CLAIM", "S7"]

_EDGES = "synthetic:edges"
_WITHIN = Bound(0.95, 1.05)


class S7(Claim):
    """Jittered edges, and the averaging slope."""

    says = "A Euclidean loss (L2, L1) averages all plausible outputs, and that blurs."
    prediction = (
        "Right at its core: L2 gives the conditional mean, a ramp of exactly s sqrt(2 pi). But L1 gives the median, "
        "which is sharp where one answer holds more than half. Squared errors 1 : sqrt 2 : 2 for mean, median and "
        "draw."
    )
    parts = (
        Part(name="l2_width", statement="The L2 answer is the average: its ramp is as wide as the exact one",
             bound=_WITHIN, unit="found / exact width", expected="holds", data=_EDGES),
        Part(name="l1_width", statement="The L1 answer is an average too: its edge is at least half as wide",
             bound=Bound(low=0.5), unit="found / exact L2 width", expected="fails", data=_EDGES),
        Part(name="l2_slope", statement="On real images the L2 decoder averages: slope within .1 of 1, finest octave",
             bound=Bound(0.9, 1.1), unit="averaging slope", expected="holds"),
        Part(name="l2_ratio", statement="Squared error of the L2 answer over the exact least one is 1",
             bound=_WITHIN, unit="ratio", expected="holds", role="exact", data=_EDGES),
        Part(name="l1_ratio",
             statement="Squared error of the L1 answer over the exact one, sqrt 2 times the least, is 1",
             bound=_WITHIN, unit="ratio", expected="holds", role="exact", data=_EDGES),
        Part(name="draw_ratio", statement="Squared error of draws over twice the least one is 1",
             bound=_WITHIN, unit="ratio", expected="holds", role="exact", data=_EDGES),
        Part(name="l1_slope", statement="On real images the L1 decoder's slope is below 1 in the finest octave",
             bound=Bound(high=1.0), unit="averaging slope", expected="holds", role="beside"),
    )  # fmt: skip

    def cells(self, scene: Scene, seed: int) -> dict[str, Cell]:
        return {
            "l2": edge(scene, seed, "l2"),
            "l1": edge(scene, seed, "l1"),
            "energy": edge(scene, seed, "energy"),
            "vae": vae(scene, seed, scene.icons),
            "laplace": vae(scene, seed, scene.icons, likelihood="laplace"),
        }

    def judge(self, seeds: Sequence[dict[str, Found]]) -> Evidence:
        exact = [seed["l2"]["exact_width_px"] for seed in seeds]
        return Evidence(
            effects={
                "l2_width": _over(of(seeds, "l2", "width_px"), exact),
                "l1_width": _over(of(seeds, "l1", "width_px"), exact),
                "l2_slope": finest(seeds, "vae", "sample/averaging_slope"),
                "l2_ratio": of(seeds, "l2", "ratio"),
                "l1_ratio": _over(of(seeds, "l1", "ratio"), of(seeds, "l1", "exact_l1_ratio")),
                "draw_ratio": [rows / 2 for rows in of(seeds, "energy", "ratio")],
                "l1_slope": finest(seeds, "laplace", "sample/averaging_slope"),
            },
            chart=_profiles(seeds),
            pictures={f"{name}": seeds[0][name].pictures["answer"] for name in ("l2", "l1", "energy")},
            detail={
                "VAE, Gaussian (L2)": detail_of(seeds, "vae", "sample"),
                "VAE, Laplace (L1)": detail_of(seeds, "laplace", "sample"),
            },
        )


def _over(found: Sequence[Rows], exact: Sequence[Rows]) -> list[Rows]:
    return [a / b for a, b in zip(found, exact, strict=True)]


def _profiles(seeds: Sequence[dict[str, Found]]) -> Chart:
    """One row of each answer, of the first seed."""
    first = seeds[0]
    rows = {
        "exact average": first["l2"]["exact_profile"][0],
        "L2": first["l2"]["profile"][0],
        "L1": first["l1"]["profile"][0],
        "one draw (energy score)": first["energy"]["profile"][0],
    }
    width = float(len(rows["L2"]))
    return Chart(
        title="What a decoder that knows nothing answers to an edge at a random place",
        x=Axis(title="place in px", low=0.0, high=width),
        y=Axis(title="grey value", low=-0.1, high=1.1),
        series=tuple(
            Series(
                name=name, drawn="line", dots=tuple(Dot(x=k + 0.5, y=float(v)) for k, v in enumerate(np.asarray(row)))
            )
            for name, row in rows.items()
        ),
    )


CLAIM = S7()
