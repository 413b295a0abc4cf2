"""Synthetic images whose exact answers are known (theory O1, O2, O3): float tensors, and the answers beside them."""

from __future__ import annotations

from acutance.data.synthetic.dead_leaves import DeadLeavesAnswers, dead_leaves
from acutance.data.synthetic.edges import EdgeAnswers, edges
from acutance.data.synthetic.gaussian_field import FieldAnswers, gaussian_field
from acutance.data.synthetic.water_filling import Stage, Stages, linear_vae, pca_error, water_filling

__all__ = [
    "DeadLeavesAnswers",
    "EdgeAnswers",
    "FieldAnswers",
    "Stage",
    "Stages",
    "dead_leaves",
    "edges",
    "gaussian_field",
    "linear_vae",
    "pca_error",
    "water_filling",
]
