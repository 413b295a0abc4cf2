"""The subject as it is used: a draw of the latent, decoded."""

from __future__ import annotations

from acutance.diagnose._bench import Bench, Outcome

__all__ = ["outcome"]


def outcome(bench: Bench) -> Outcome:
    """decode(z) with z drawn once per image; a point and codes are what they are."""
    return bench.decoded(bench.noisy(1.0))
