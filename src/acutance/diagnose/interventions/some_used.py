"""The subject as it is used, on the images that optimisation is made for."""

from __future__ import annotations

from acutance.diagnose._bench import Bench, Outcome

__all__ = ["outcome"]


def outcome(bench: Bench) -> Outcome:
    """What the best latents of these images are compared with."""
    return bench.decoded(bench.noisy(1.0, "some"), "some")
