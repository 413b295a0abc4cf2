"""Stages that several causes ask for, and what they say together about encoder, decoder and code."""

from __future__ import annotations

import numpy as np
import torch

from acutance.diagnose._bench import Bench, On, Outcome
from acutance.diagnose._octaves import Floats
from acutance.diagnose.interventions.pca import MOST_VALUES
from acutance.nn.latents import DiagonalNormal

__all__ = [
    "INVENTS",
    "NOTHING",
    "as_used",
    "best",
    "code_binds",
    "inventing",
    "made_to_average",
    "pca_limit",
    "refitted",
    "shrinks",
    "trained",
    "whole",
]

_LEAST_ACTIVE = 0.1
_LITTLE = 0.05

INVENTS = 0.2
"""Response index from which on a decoder invents."""

NOTHING = 1e-12
"""Explained detail that is lost no more."""


def as_used(bench: Bench, on: On = "all") -> Outcome:
    """The subject as it is used."""
    return bench.outcome("sample") if on == "all" else bench.outcome("some_used")


def trained(bench: Bench, on: On = "all") -> Outcome:
    """The subject under the noise that its decoder was trained for."""
    return bench.outcome("trained_noise") if on == "all" else bench.outcome("some_trained")


def best(bench: Bench) -> Outcome:
    """The best latents at the code's own rate: of some images."""
    if bench.quantised:
        return bench.outcome("best_codes")
    return bench.outcome("best_posterior" if bench.stochastic else "best_point")


def whole(bench: Bench, on: On) -> Floats:
    """Explained detail that the subject as used has lost, (1 + replicates,)."""
    return np.asarray(as_used(bench, on).octaves.lost.sum(1))


def _some_loss(bench: Bench, on: On) -> Floats:
    """The same to divide by: a subject may lose nothing."""
    return np.maximum(whole(bench, on), NOTHING)


def code_binds(bench: Bench) -> Floats:
    """`psi`, 0 ... 1: how much more latents would bring at the same noise, judged by the least active ones.

    In a linear VAE the posterior variance of a unit over its whole variance is `v = s / lambda` (T8). One unit more is
    about as active as the least active ones, and the noise leaves it the part `1 - v` of its variance.
    """
    latent, scale = bench.latent, trained(bench).numbers["scale"]
    if not isinstance(latent, DiagonalNormal) or scale == 0.0:
        return np.ones(len(whole(bench, "all")))
    noise = latent.std.double().square().mean(0).flatten() * scale**2
    share = noise / (noise + latent.mean.double().var(0, correction=0).flatten()).clamp(min=1e-12)
    count = max(1, round(_LEAST_ACTIVE * len(share)))
    least = float(torch.topk(share, count).values.mean())
    return np.full(len(whole(bench, "all")), 1.0 - least)


def pca_limit(bench: Bench) -> Floats:
    """The part, 0 ... 1, of the loss at the best point that d principal components lose too (O3), (1 + replicates,).

    What a net loses beyond them, it does not lose for want of latents.
    """
    point = bench.outcome("best_point").octaves.lost.sum(1) / _some_loss(bench, "some")
    if bench.input[0].numel() > MOST_VALUES:
        return np.ones_like(point)
    linear = bench.outcome("pca").octaves.lost.sum(1) / _some_loss(bench, "all")
    return np.asarray(np.clip(linear / np.maximum(point, 1e-9), 0.0, 1.0))


def shrinks(bench: Bench) -> float:
    """What twice as many principal components lose, over what d of them lose; 1 where that is not known."""
    if bench.input[0].numel() > MOST_VALUES:
        return 1.0
    now, twice = (bench.outcome(name).octaves.lost[0].sum() for name in ("pca", "pca_twice"))
    return float(np.clip(twice / now, 0.0, 1.0)) if now > 0 else 0.0


def inventing(bench: Bench) -> bool:
    """Whether the decoder shows detail that its code does not hold, under the noise that it was trained for."""
    found = trained(bench).octaves
    excess = found.detail[0] - found.coherence[0]
    return bool(excess > INVENTS * found.missing[0].sum() and excess > _LITTLE)


def made_to_average(bench: Bench) -> bool:
    """Whether this is the bench of a decoder that invents by design, as it is or turned into one that averages."""
    return bench.probe.decoder is not bench.subject or inventing(bench)


def refitted(bench: Bench) -> Outcome:
    """The decoder refitted on the frozen codes: the linear correction, or in `full` the better of it and of a refit."""
    linear = bench.outcome("linear_refit")
    if bench.effort == "fast" or bench.probe.decoder is not bench.subject:
        return linear
    trained_on = bench.outcome("refit")
    return min((linear, trained_on), key=lambda found: float(found.octaves.lost[0].sum()))
