"""Several draws of the encoder's posterior, each decoded, averaged: what the noise changes is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose._probe import with_noise
from acutance.nn.latents import DiagonalNormal
from acutance.rng import rng_for

__all__ = ["DRAWS", "outcome"]

DRAWS = 8


def outcome(bench: Bench) -> Outcome:
    """The mean of K outputs decode(z), each z another draw, the first as used; a point and codes have one output only.

    One output less the mean of all K has the power `(1 - 1/K) S_vv`, S_vv that of what the noise changes (T11). The
    number `noise_share` is S_vv over the power of one output, weighted over bands: 0 where decoder or encoder ignore
    the noise, `s / l` in a direction of variance l of a linear VAE (T8).
    """
    one, latent = bench.outcome("some_used"), bench.latent_of("some")
    if not isinstance(latent, DiagonalNormal):
        return replace(one, numbers={"noise_share": 0.0})
    means, halves = zip(*_averaged(bench, latent), strict=True)
    changed, shown = bench.compared(halves, bench.input, "some").octaves.detail[0], one.octaves.detail[0]
    share = 4 * float(changed / shown) * DRAWS / (DRAWS - 1) if shown > 0 else 0.0
    return replace(bench.compared(means, bench.input, "some"), numbers={"noise_share": share})


def _averaged(bench: Bench, latent: DiagonalNormal) -> Iterator[tuple[Tensor, Tensor]]:
    """The mean of all outputs, and half of how far the first is from it, around one half: that stays in [0, 1]."""
    drawn = [bench.noisy(1.0, "some")]
    for draw in range(1, DRAWS):
        noise = torch.randn(latent.mean.shape, generator=rng_for(bench.seed, draw, "average of draws"))
        drawn.append(with_noise(latent, 1.0, noise))
    for outputs in zip(*(bench.probe.decode(latents, bench.images.shape) for latents in drawn), strict=True):
        mean = torch.stack(outputs).mean(0)
        yield mean, 0.5 + 0.5 * (outputs[0] - mean)
