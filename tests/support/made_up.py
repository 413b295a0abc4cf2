"""What cells might have found, without running any: random rows of the right shapes, the same for the same name."""

from __future__ import annotations

from typing import Any

import numpy as np

from acutance.claims import Claim, Found, Scene
from acutance.rng import seed_for

OCTAVES = 3
_SINGLE = ("mse", "independence_nats_per_dim")


class _Rows(dict[str, Any]):
    """Rows for every name that is asked for."""

    def __init__(self, seed: int, cell: str) -> None:
        super().__init__()
        self.seed, self.cell = seed, cell

    def __missing__(self, name: str) -> Any:
        draw = np.random.default_rng(seed_for(self.seed, self.cell, name))
        level = np.random.default_rng(seed_for(0, self.cell, name)).uniform(0.3, 1.0)
        if name.endswith("profile"):
            shape: tuple[int, ...] = (1, 16)
        elif "/" in name and not name.endswith(_SINGLE):
            shape = (257, OCTAVES)
        else:
            shape = (257,)
        self[name] = level + 0.01 * draw.standard_normal(shape)
        return self[name]


class _Pictures(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        self[name] = np.random.default_rng(seed_for(0, name)).integers(0, 256, (8, 16, 16), dtype=np.uint8)
        return self[name]


def made_up(claim: Claim, scene: Scene) -> list[dict[str, Found]]:
    """A dictionary a seed, as `judge` is given."""
    return [{name: Found(_Rows(seed, name), _Pictures()) for name in claim.cells(scene, seed)} for seed in scene.seeds]
