"""What was expected before anything was trained, each with the rule that says whether it came so.

A rule looks at the means over seeds. `y` is the detail ratio of the finest octave, `q` its coherence, `b` its averaging
slope (T2, T3, T4); of a system without an encoder `y` is that of its samples.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

Means = dict[str, dict[str, float]]
"""By cell, then by reading; what a system does not have is left out."""

Y, Q, B, SAMPLES_Y = (
    "detail_ratio_top_octave",
    "coherence_top_octave",
    "slope_top_octave",
    "samples_" + ("detail_ratio_top_octave"),
)
AVERAGERS = (
    "ae",
    "vae",
    "spatial_vae",
    "vqvae, 64 entries",
    "vqvae, 512 entries",
    "vqvae, scalar, 240",
    "vqvae, scalar, 1000",
    "vqvae, residual, 4 x 512",
)
LIKELIHOODS = (
    "spatial_vae, laplace",
    "spatial_vae, coloured",
    "spatial_vae, logistic_mixture",
    "spatial_vae, autoregressive",
)
INVENTORS = ("adversarial_decoder", "flow_decoder", "energy_decoder", "vaegan", "vqgan", "ali")


@final
@dataclass(frozen=True, kw_only=True)
class Expected:
    """A prediction.

    Attributes:
        words: as it was written down.
        exceptions: what does not fit it, in words; nothing where it came so.
    """

    words: str
    exceptions: Callable[[Means], list[str]]


def _there(means: Means, cells: Sequence[str]) -> list[str]:
    """Those of these that were run."""
    return [cell for cell in cells if cell in means]


def _line(means: Means) -> list[str]:
    return [
        f"{cell}: y - q = {means[cell][Y] - means[cell][Q]:+.3f}, slope {means[cell][B]:.3f}"
        for cell in _there(means, AVERAGERS)
        if abs(means[cell][B] - 1) > 0.1 or abs(means[cell][Y] - means[cell][Q]) > 0.05
    ]


def _above(means: Means) -> list[str]:
    gaps = {cell: means[cell][Y] - means[cell][Q] for cell in _there(means, INVENTORS)}
    return [f"{cell}: y - q = {gap:+.3f}" for cell, gap in gaps.items() if gap < 0.05]


def _rate(means: Means) -> list[str]:
    orders = (
        ("vqvae, 64 entries", "vqvae, 512 entries"),
        ("vqvae, scalar, 240", "vqvae, scalar, 1000"),
        ("vqvae, 512 entries", "vqvae, residual, 4 x 512"),
    )
    return [
        f"{more} has y = {means[more][Y]:.3f}, {less} {means[less][Y]:.3f}"
        for less, more in orders
        if {less, more} <= means.keys() and means[more][Y] <= means[less][Y]
    ]


def _crisp(means: Means) -> list[str]:
    y = means["gan"][SAMPLES_Y]
    highest = max(_there(means, AVERAGERS), key=lambda cell: means[cell][Y])
    return [] if y > means[highest][Y] else [f"gan has y = {y:.3f}, {highest} {means[highest][Y]:.3f}"]


def _coverage(means: Means) -> list[str]:
    covered = {cell: means[cell]["coverage"] for cell in _there(means, ("gan", "spatial_vae", "vaegan"))}
    return [
        f"{cell} has {covered[cell]:.3f}, gan {covered['gan']:.3f}"
        for cell in covered
        if covered[cell] < covered["gan"]
    ]


def _likelihood_line(means: Means) -> list[str]:
    gaps = {cell: means[cell][Y] - means[cell][Q] for cell in _there(means, LIKELIHOODS)}
    return [f"{cell}: y - q = {gap:+.3f}" for cell, gap in gaps.items() if abs(gap) > 0.1]


def _likelihood_rate(means: Means) -> list[str]:
    rate = {cell: means[cell]["rate_bits"] for cell in _there(means, ("spatial_vae", *LIKELIHOODS))}
    orders = [("spatial_vae", cell) for cell in LIKELIHOODS[:3]] + [(LIKELIHOODS[3], LIKELIHOODS[2])]
    return [
        f"{more} has {rate[more]:.0f} bits, {less} {rate[less]:.0f}"
        for less, more in orders
        if {less, more} <= rate.keys() and rate[more] <= rate[less]
    ]


def _likelihood_nats(means: Means) -> list[str]:
    order = ("spatial_vae", "spatial_vae, coloured", "spatial_vae, laplace", *LIKELIHOODS[2:])
    nats = [(cell, means[cell]["nats_per_pixel"]) for cell in _there(means, order)]
    return [
        f"{better} has {below:.2f}, {worse} {above:.2f}"
        for (worse, above), (better, below) in itertools.pairwise(nats)
        if below >= above
    ]


def _noise(means: Means) -> list[str]:
    points = [cell for cell in means if cell == "ae" or cell.startswith("vq")]
    unlike = [f"{cell}: {means[cell]['noise_use']:.3f}" for cell in points if means[cell].get("noise_use", 0) > 0.01]
    flat = [
        f"{cell}: {means[cell]['noise_use']:.3f}"
        for cell in _there(means, ("vae", "spatial_vae"))
        if means[cell]["noise_use"] < 0.05
    ]
    return unlike + flat


EXPECTED = (
    Expected(
        words="What answers to squared error lies on the averaging line: y within .05 of q, slope within .1 of 1.",
        exceptions=_line,
    ),
    Expected(
        words="What answers to a critic lies above it, and so do draws by flow matching or the energy score: y - q of "
        ".05 and more for adversarial_decoder, flow_decoder, energy_decoder, vaegan, vqgan and ali.",
        exceptions=_above,
    ),
    Expected(
        words="More codes bring y nearer to 1: 512 learnt entries against 64, 1000 scalar codes against 240, four "
        "residual books against one.",
        exceptions=_rate,
    ),
    Expected(words="The GAN's samples have more detail than any averager's outputs.", exceptions=_crisp),
    Expected(
        words="The GAN covers less of the real images than samples of spatial_vae and of vaegan do.",
        exceptions=_coverage,
    ),
    Expected(
        words="Outputs for one image vary with the posterior's noise (noise use above .05 for vae and spatial_vae), "
        "and not at all where the code is a point.",
        exceptions=_noise,
    ),
    Expected(
        words="What a spatial_vae shows under another likelihood stays near the averaging line, being its mean, or of "
        "laplace its median: y within .1 of q.",
        exceptions=_likelihood_line,
    ),
    Expected(
        words="A likelihood that fits better asks more of the code: laplace, coloured and logistic_mixture have a "
        "higher rate than the Gaussian. With an autoregressive head it is lower than with the mixture: the neighbours "
        "tell what the code need not.",
        exceptions=_likelihood_rate,
    ),
    Expected(
        words="Nats a pixel fall from the Gaussian over coloured, laplace and logistic_mixture to autoregressive, as "
        "around one frozen code.",
        exceptions=_likelihood_nats,
    ),
)
