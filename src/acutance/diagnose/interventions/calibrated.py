"""The best posterior for each image under a calibrated sigma: what this decoder would show at the rate of that."""

from __future__ import annotations

import math

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose.interventions.best_posterior import SMALLEST_SIGMA, posterior_under

__all__ = ["CALIBRATED", "outcome"]

CALIBRATED = 1.3
"""Up to so many times the calibrated value a sigma counts as calibrated."""

_FINER = 0.5


def outcome(bench: Bench) -> Outcome:
    """decode(z), z from the best Gaussian for the image where sigma is `sqrt(MSE)` (T9).

    The error is that of the subject as used. A sigma that is calibrated already is halved. The decoder stays what it
    is; trained under that sigma it would show more.
    """
    numbers = bench.outcome("trained_noise").numbers
    own = numbers["sigma"]
    if bench.searched == 0 or numbers["scale"] == 0.0 or own < SMALLEST_SIGMA:
        return bench.outcome("best_point")
    calibrated = math.sqrt(bench.error / bench.input[0].numel())
    sigma = calibrated if own > CALIBRATED * calibrated else _FINER * own
    return posterior_under(bench, max(sigma, SMALLEST_SIGMA), "calibrated")
