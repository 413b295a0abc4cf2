"""Intervals: a bootstrap whose weights are read off the images themselves, and Student's t.

The weight of an image in bootstrap replicate b is a Poisson(1) draw that is a fixed function of the image's content and
of b. Hence replicate sums can be streamed and merged, no order or split of the data changes them, and two subjects
measured on the same images are paired without being told so: replicate b weighs image i the same in both.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from acutance.errors import NoDataError

__all__ = [
    "REPLICATES",
    "effective_n",
    "f_tail",
    "mean_interval",
    "percentile_interval",
    "poisson_weights",
    "share_interval",
    "student_quantile",
    "student_tail",
]

REPLICATES: Final = 256
"""Bootstrap replicates. Every measure uses the same number, so that any two readings can be paired."""

_STREAM: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)

Floats = NDArray[np.float64]


def _poisson_table() -> NDArray[np.uint8]:
    """Poisson(1) quantiles of the 65,536 mid-points of equal slices of probability."""
    mass = np.exp(-1.0) / np.cumprod(np.r_[1.0, np.arange(1.0, 13.0)])
    return np.searchsorted(np.cumsum(mass), (np.arange(65536) + 0.5) / 65536).astype(np.uint8)


_POISSON: Final = _poisson_table()


def poisson_weights(keys: NDArray[np.uint64]) -> Floats:
    """Bootstrap weights of images, a pure function of their content keys.

    Column 0 is all ones (the data as they are); columns 1 ... REPLICATES are Poisson(1) draws: stream b of a splitmix64
    generator that starts at the key, four draws from each 64-bit number.

    Args:
        keys: (n,) content keys.

    Returns:
        (n, 1 + REPLICATES) weights, float64.

    References:
        Poisson bootstrap: Hanley and MacGibbon 2006; Chamandy et al. 2012. splitmix64: Steele, Lea, Flood 2014.
    """
    steps = np.arange(1, REPLICATES // 4 + 1, dtype=np.uint64) * _STREAM
    state = keys[:, None] + steps[None, :]
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    state ^= state >> np.uint64(31)
    weights = np.ones((len(keys), 1 + REPLICATES))
    weights[:, 1:] = _POISSON[state.view(np.uint16)]
    return weights


def student_quantile(probability: float, degrees: float) -> float:
    """Quantile of Student's t; exact for 1 and 2 degrees of freedom, within 2e-4 relative from 3 on.

    Args:
        probability: of a smaller number, 0 < probability < 1.
        degrees: of freedom, 1 or more; need not be whole.

    Returns:
        The quantile, negative below a probability of .5.

    References:
        Hill 1970, algorithm 396.

    Example:
        >>> round(student_quantile(0.975, 9), 3)
        2.262
    """
    if probability < 0.5:
        return -student_quantile(1.0 - probability, degrees)
    tail = 2.0 * (1.0 - probability)
    if degrees <= 1:
        return 1.0 / math.tan(tail * math.pi / 2.0)
    if degrees <= 2:
        return math.sqrt(2.0 / (tail * (2.0 - tail)) - 2.0)
    a = 1.0 / (degrees - 0.5)
    b = 48.0 / a**2
    c = ((20700.0 * a / b - 98.0) * a - 16.0) * a + 96.36
    d = ((94.5 / (b + c) - 3.0) / b + 1.0) * math.sqrt(a * math.pi / 2.0) * degrees
    y = (d * tail) ** (2.0 / degrees)
    if y > 0.05 + a:
        x = NormalDist().inv_cdf(tail / 2.0)
        y = x * x
        if degrees < 5:
            c += 0.3 * (degrees - 4.5) * (x + 0.6)
        c += (((0.05 * d * x - 5.0) * x - 7.0) * x - 2.0) * x + b
        y = (((((0.4 * y + 6.3) * y + 36.0) * y + 94.5) / c - y - 3.0) / b + 1.0) * x
        y = math.expm1(a * y * y)
    else:
        y = ((1.0 / (((degrees + 6.0) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2.0) * 3.0)
              + 0.5 / (degrees + 4.0)) * y - 1.0) * (degrees + 1.0) / (degrees + 2.0) + 1.0 / y  # fmt: skip
    return math.sqrt(degrees * y)


def f_tail(value: float, above: float, below: float) -> float:
    """Probability that an F distributed number with (above, below) degrees of freedom is larger than `value`.

    Args:
        value: a ratio of two variances; below 0 counts as 0.
        above: degrees of freedom of the variance above the line, more than 0; need not be whole.
        below: degrees of freedom of the one below it, more than 0.

    Returns:
        A probability, 0 to 1.

    References:
        Regularised incomplete beta function by its continued fraction: DLMF 8.17.22.

    Example:
        >>> round(f_tail(4.256, 2, 9), 3)
        0.05
    """
    if value <= 0.0:
        return 1.0
    x, a, b = below / (below + above * value), below / 2.0, above / 2.0
    return _beta_share(x, a, b) if x < (a + 1.0) / (a + b + 2.0) else 1.0 - _beta_share(1.0 - x, b, a)


def _beta_share(x: float, a: float, b: float) -> float:
    """I_x(a, b) for x below (a + 1) / (a + b + 2); the continued fraction from its far end, where it has converged."""
    if x <= 0.0:
        return 0.0
    fraction = 1.0
    for m in range(400, 0, -1):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        fraction = 1.0 + even / (1.0 + odd / fraction)
    first = -(a + b) * x / (a + 1.0)
    log_front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a + 1.0) - math.lgamma(b)
    return math.exp(log_front) / (1.0 + first / fraction)


def effective_n(means: Floats, n: int) -> float:
    """As how many images of equal weight n unequal ones count in a mean of their weights, from its replicates.

    Replicates of a mean of equal weights do not vary; how much they do says how unequal the weights are. Two at least.

    Args:
        means: (1 + B,) mean of weights that are not negative: of the images, and its bootstrap replicates.
        n: the number of images.

    References:
        Kish 1965, `(sum w)^2 / sum w^2`; T22.
    """
    known = means[np.isfinite(means)]
    if n <= 2 or len(known) < 2 or not known[0] > 0:
        return float(n)
    return max(2.0, 1.0 / (1.0 / n + float(np.var(known[1:])) / float(known[0]) ** 2))


def student_tail(tail: float, n: float) -> float:
    """What a normal distribution has beyond Student's quantile of n values whose variance is estimated too (T22).

    Args:
        tail: the share beyond it, 0 to 1.
        n: at least 2; may be infinite.
    """
    if not math.isfinite(n):
        return tail
    return NormalDist().cdf(math.sqrt(n / (n - 1.0)) * student_quantile(tail, n - 1.0))


def percentile_interval(replicates: NDArray[Any], n: float, level: float = 0.95) -> tuple[Floats, Floats]:
    """Percentile interval along the first axis, widened for small n.

    The tails are moved out so that for a mean of n values the width is that of Student's t with the unbiased variance;
    the plain percentile interval is too short by about 1 + 1.5/n. The quantile p of B replicates is their p (B + 1)-th
    in order, beyond which lies p of the distribution on average. Replicates that are not finite are left out.

    Args:
        replicates: (B, ...) bootstrap replicates.
        n: the number of images, or of equal ones that they count as.
        level: the probability with which the interval is to hold.

    Returns:
        Lower and upper ends, each of shape (...); NaN where fewer than half of the replicates are finite.

    References:
        Hesterberg 2015 (expanded percentile interval).
    """
    values = np.where(np.isfinite(replicates), replicates, np.nan).astype(np.float64)
    enough = np.isfinite(values).mean(axis=0) >= 0.5
    tail = (1.0 - level) / 2.0
    if n >= 2:
        tail = student_tail(tail, n)
    safe = np.where(enough, values, 0.0)
    low, high = np.nanquantile(safe, [tail, 1.0 - tail], axis=0, method="weibull")
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)


def mean_interval(values: NDArray[Any], level: float = 0.95) -> tuple[float, float, float]:
    """Mean of independent values (seeds, images) and its Student interval.

    Args:
        values: (n,), n at least 1.
        level: the probability with which the interval is to hold, 0 < level < 1.

    Returns:
        (mean, low, high), in the unit of the values; NaN for both ends where n is 1.

    Raises:
        NoDataError: there is no value.
    """
    if len(values) == 0:
        raise NoDataError("a mean was asked for, but there is no value; give at least one")
    mean = float(np.mean(values))
    if len(values) == 1:
        return mean, math.nan, math.nan
    half = (
        student_quantile(0.5 + level / 2.0, len(values) - 1.0) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    )
    return mean, mean - half, mean + half


def share_interval(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share of n independent cases (Wilson 1927); n may be an effective, fractional number.

    Near 0 and 1 it misses a little too often. That of Agresti and Coull (1998), which holds it, held the truth in 97 to
    99.9 % of simulated repeats there, and was no better elsewhere (docs/precision.md).

    Args:
        share: that was found, 0 to 1.
        n: how many cases it was found in, more than 0.
        level: the probability with which the interval is to hold, 0 < level < 1.

    Returns:
        Lower and upper end, within 0 to 1 and around the share.
    """
    z2 = NormalDist().inv_cdf(0.5 + level / 2.0) ** 2
    centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n)
    half = math.sqrt(z2 * (share * (1.0 - share) / n + z2 / (4.0 * n * n))) / (1.0 + z2 / n)
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
