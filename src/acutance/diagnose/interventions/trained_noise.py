"""The posterior's noise at the scale that the decoder was trained for."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose._octaves import Floats
from acutance.nn.latents import DiagonalNormal, Latent

__all__ = ["outcome"]

SCALES = (0.0, 0.35, 0.5, 0.71)
_AS_IT_IS = 0.95
_SLOPE_OF_HEALTHY = 0.05
_GAIN_KEPT = 0.97
_NONE = 0.05


def outcome(bench: Bench) -> Outcome:
    """decode(mean + kappa std noise) with kappa the largest of what two tests allow, at most 1.

    By its slope: a decoder that was trained under this noise has averaging slope 1 on it (T1, T4); under a wider one
    the slope is below 1, and 1 again at the width of the training. By its sigma, where that is known: the KL and the
    error `kappa^2 P / (2 sigma^2)` that the noise adds balance at `kappa^2 = d / (P / sigma^2 + sum v)`, with P the
    power that the noise has in the output and v the posterior variances (T8, T9). What a quantiser adds to the
    continuous values is such a noise too, without a sigma. A stated sigma also states the prior N(0, 1), and no unit is
    trained to be wider than that.
    """
    latent = bench.latent
    if not bench.noisy_code:
        return replace(bench.outcome("sample"), numbers={"scale": 0.0, "sigma": 0.0})
    used, off = bench.outcome("sample"), bench.outcome("continuous" if bench.quantised else "mean")
    by_slope, slopes = _by_slope(bench, used, off)
    numbers = {"slope_scale": by_slope, "slope_on": float(slopes[-1]), "slope_off": float(slopes[0])}
    stated, by_sigma = math.nan, math.nan
    if isinstance(latent, DiagonalNormal):
        numbers |= _power(bench, latent)
        stated = bench.subject.facts().get("decoder_sigma", math.nan)
        by_sigma = _balanced(numbers, stated) if stated > 0 else math.nan
    scale = by_slope if math.isnan(by_sigma) else min(max(by_slope, by_sigma), _within_prior(latent))
    scale = 1.0 if scale > _AS_IT_IS else 0.0 if scale < _NONE else scale
    found = used if scale == 1.0 else off if scale == 0.0 else bench.decoded(bench.noisy(scale))
    sigma = _sigma(latent, numbers, stated, scale) if isinstance(latent, DiagonalNormal) else 0.0
    return replace(found, numbers=numbers | {"scale": scale, "sigma_scale": by_sigma, "sigma": sigma})


def _within_prior(latent: Latent) -> float:
    """The scale at which hardly any unit is wider than N(0, 1): under a KL to it none is ever trained to be (T8)."""
    assert isinstance(latent, DiagonalNormal)
    widest = latent.std.double().square().mean(0).flatten()
    return min(1.0, 1.0 / math.sqrt(max(1.0, float(torch.quantile(widest, 0.9)))))


def _by_slope(bench: Bench, used: Outcome, off: Outcome) -> tuple[float, Floats]:
    """The largest scale at which the slope is that of an averager, and the slopes without noise and with all of it.

    On held-out images the slope of a healthy decoder is a little below 1 (T4): what is not further below it than that
    counts as trained for. Where noise is not, it also leaves what the decoder knows: trained noise keeps the gain (T8),
    so the scale is no larger than where the gain is still what it was.
    """
    ends = np.array([float(found.octaves.slope[0]) for found in (off, used)])
    wanted = float(np.fmin(1.0, ends[0]))
    if ends[1] >= wanted - _SLOPE_OF_HEALTHY:
        return 1.0, ends
    found = [off, *(bench.decoded(bench.noisy(scale)) for scale in SCALES[1:]), used]
    scales = np.array([*SCALES, 1.0])
    slopes, gains = (np.array([float(getattr(o.octaves, what)[0]) for o in found]) for what in ("slope", "gain"))
    return min(_crossing(scales, slopes, wanted), _crossing(scales, gains, _GAIN_KEPT * gains[0])), ends


def _crossing(scales: Floats, slopes: Floats, wanted: float) -> float:
    """The largest scale at which a value is at least the wanted one, linear in the squares, for noise adds power."""
    good = np.flatnonzero(slopes >= wanted)
    last = int(good[-1]) if len(good) else 0
    if len(good) == 0:
        return 0.0
    if last == len(scales) - 1:
        return 1.0
    part = (slopes[last] - wanted) / (slopes[last] - slopes[last + 1])
    return float(np.sqrt(scales[last] ** 2 + part * (scales[last + 1] ** 2 - scales[last] ** 2)))


def _power(bench: Bench, latent: DiagonalNormal) -> dict[str, float]:
    """Per image: power of the noise in some outputs, summed variances, and how many latents there are."""
    shape = bench.images.shape
    noisy, still = (bench.probe.decode(bench.noisy(scale, "some"), shape) for scale in (1.0, 0.0))
    power = sum(float((a - b).double().square().sum()) for a, b in zip(noisy, still, strict=True))
    return {
        "noise_power": power / len(bench.some),
        "variances": float(latent.std.double().square().sum()) / len(bench.images),
        "latents": float(latent.mean[0].numel()),
    }


def _balanced(numbers: dict[str, float], sigma: float) -> float:
    variance = numbers["latents"] / (numbers["noise_power"] / sigma**2 + numbers["variances"])
    return min(1.0, math.sqrt(variance))


def _sigma(latent: DiagonalNormal, numbers: dict[str, float], stated: float, scale: float) -> float:
    """The stated sigma; else the one under which the posterior's widths are the best ones (T8): `P / sum (1 - v)`."""
    if stated > 0:
        return stated
    variances = (scale * latent.std.double()).square().clamp(max=1.0)
    narrow = float((1.0 - variances).sum()) / len(variances)
    return scale * math.sqrt(numbers["noise_power"] / narrow) if narrow > 0 else 0.0
