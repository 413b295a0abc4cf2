"""The quantiser bypassed: the encoder's continuous output, decoded."""

from __future__ import annotations

from acutance.diagnose._bench import Bench, Outcome
from acutance.nn.latents import Codes

__all__ = ["outcome"]


def outcome(bench: Bench) -> Outcome:
    """decode(continuous)."""
    latent = bench.latent
    return bench.decoded(latent.continuous if isinstance(latent, Codes) else latent.mode)
