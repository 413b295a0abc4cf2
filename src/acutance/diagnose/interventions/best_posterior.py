"""The best posterior for each image at the subject's own rate: what a perfect encoder would send."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose._descent import descend, spread, still_falling
from acutance.nn.latents import DiagonalNormal
from acutance.objectives.gaussian import squared_error
from acutance.rng import rng_for

__all__ = ["SMALLEST_SIGMA", "outcome", "posterior_under"]

_STEPS = {"fast": 100, "full": 300}
_RATE = 0.1
_LOG_STD_RATE = 0.03
SMALLEST_SIGMA = 1e-3
"""Below it a posterior is a point."""


def outcome(bench: Bench) -> Outcome:
    """decode(z), z from the Gaussian that minimises `E|x - decode(z)|^2 / (2 sigma^2) + KL`, by Adam from encode(x).

    Sigma is the subject's own, or the one that its posterior widths imply (T8, T9). Without noise that the decoder
    was trained for there is no rate to keep to, and the best posterior is the best point.
    """
    noise = bench.outcome("trained_noise")
    scale, sigma = noise.numbers["scale"], noise.numbers["sigma"]
    if bench.searched == 0 or scale == 0.0 or sigma < SMALLEST_SIGMA:
        return bench.outcome("best_point")
    return posterior_under(bench, sigma, "best_posterior")


def posterior_under(bench: Bench, sigma: float, kept_as: str) -> Outcome:
    """The same under a sigma of one's own.

    Args:
        bench: with a posterior whose noise the decoder was trained for.
        sigma: of the decoder's noise, in units of the pixels' range.
        kept_as: the name that what is found is kept under.
    """
    scale = bench.outcome("trained_noise").numbers["scale"]
    kept = bench.keep.recall(kept_as, lambda: _search(bench, scale, sigma))
    latents = kept["mean"] + kept["log_std"].exp() * bench.noise("some")
    found = bench.decoded(latents, "some")
    own = bench.latent_of("some")
    posterior = DiagonalNormal(kept["mean"], kept["log_std"])
    numbers = {
        "sigma": sigma,
        "rate_nats": float(posterior.cost().mean()),
        "own_rate_nats": float(own.cost().mean()),
        "still_falling": still_falling(kept, bench.power("some") / (2 * sigma**2)),
        "steps": _STEPS[bench.effort],
    }
    return replace(found, numbers=numbers)


def _search(bench: Bench, scale: float, sigma: float) -> dict[str, Tensor]:
    own = bench.latent_of("some")
    assert isinstance(own, DiagonalNormal)
    targets, decoder = bench.input[bench.at("some")], bench.probe.differentiable()

    def losses(free: tuple[Tensor, ...], step: int) -> Tensor:
        mean, log_std = free
        drawn = torch.randn(mean.shape, generator=rng_for(bench.seed, step, "best posterior")).to(mean)
        error = squared_error(targets, decoder(mean + log_std.exp() * drawn).float())
        return torch.add(DiagonalNormal(mean, log_std).cost(), error, alpha=1 / (2 * sigma**2))

    start = (own.mean.float(), own.log_std.float() + torch.tensor(scale).log())
    rates = (_RATE * spread(bench.latent, scale), _LOG_STD_RATE)
    found = descend(start, losses, rates=rates, steps=_STEPS[bench.effort])
    return {"mean": found.values[0], "log_std": found.values[1], **found.found}
