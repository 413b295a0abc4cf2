"""Latents from a mixture of Gaussians that was fitted to codes, decoded: what a better prior would show."""

from __future__ import annotations

from acutance.diagnose._bench import Bench, Outcome
from acutance.models import fit_prior
from acutance.rng import rng_for

__all__ = ["outcome"]


def outcome(bench: Bench) -> Outcome:
    """decode(z), z from a mixture fitted to draws of the codes of `fit_images`, or of the images where there are none.

    A draw for each image that matches none: only its power says something, not its coherence.
    """
    fitted_to = bench.noisy(1.0) if bench.fit is None else bench.drawn(bench.fit[1], 1.0, "mixture")
    prior = fit_prior(fitted_to.float(), "mixture", seed=bench.seed)
    drawn = prior.sample(len(bench.images), rng_for(bench.seed, "mixture draws"))
    return bench.decoded(drawn.to(bench.latent.mode))
