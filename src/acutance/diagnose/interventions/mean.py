"""The posterior's noise switched off: the latent's mean, decoded."""

from __future__ import annotations

from acutance.diagnose._bench import Bench, Outcome

__all__ = ["outcome"]


def outcome(bench: Bench) -> Outcome:
    """decode(mean)."""
    return bench.decoded(bench.noisy(0.0))
