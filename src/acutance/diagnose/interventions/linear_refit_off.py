"""The decoder corrected by least squares on codes without noise: means, or continuous values."""

from __future__ import annotations

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose.interventions.linear_refit import corrected_at

__all__ = ["outcome"]


def outcome(bench: Bench) -> Outcome:
    """What a correction brings where no noise can be blamed."""
    return corrected_at(bench, 0.0)
