"""Twice as many principal components as the code has numbers: what a wider code can be expected to bring."""

from __future__ import annotations

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose.interventions.pca import reduced

__all__ = ["outcome"]


def outcome(bench: Bench) -> Outcome:
    """2 d components."""
    return reduced(bench, 2 * bench.latent.mode[0].numel())
