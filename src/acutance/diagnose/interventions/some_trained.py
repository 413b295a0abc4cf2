"""The noise that the decoder was trained for, on the images that optimisation is made for."""

from __future__ import annotations

from acutance.diagnose._bench import Bench, Outcome

__all__ = ["outcome"]


def outcome(bench: Bench) -> Outcome:
    """As `trained_noise`, whose scale it takes."""
    return bench.decoded(bench.noisy(bench.outcome("trained_noise").numbers["scale"], "some"), "some")
