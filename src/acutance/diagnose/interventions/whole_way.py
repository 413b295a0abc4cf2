"""The subject as it is used, its own input pipeline included, against the source images."""

from __future__ import annotations

from acutance.diagnose._bench import Bench, Outcome

__all__ = ["outcome"]


def outcome(bench: Bench) -> Outcome:
    """decode(encode(preprocess(x))) against x."""
    return bench.compared(bench.probe.decode(bench.noisy(1.0), bench.images.shape), bench.source)
