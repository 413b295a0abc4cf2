"""How many modes are there: counting with a classifier, and the birthday estimate without one."""

from __future__ import annotations

import math

import torch
from jaxtyping import Int
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._base import few_images
from acutance.measure._reading import Reading

__all__ = ["birthday_support", "mode_count"]


def mode_count(labels: Int[Tensor, " n"], modes: int, *, hits: int = 3) -> tuple[Reading, Reading]:
    """Modes that samples reach, by an exact classifier's labels, and how unevenly.

    A mode counts from `hits` samples on, so that a rare misclassification is no mode. The divergence
    `sum p log(p modes)` from the uniform distribution is corrected for its bias (k - 1) / 2N, k the modes that
    appear (O5), and not below 0.

    Args:
        labels: (n,) mode of each sample, 0 ... modes - 1.
        modes: how many there are.
        hits: samples that make a mode count.

    Returns:
        `modes` and `modes_divergence` (nats); the intervals are the normal ones of the multinomial counts.

    Raises:
        NoDataError: there is no label.
        MeasureError: a label is out of range, or `hits` is below 1.
    """
    n = len(labels)
    if hits < 1:
        raise MeasureError(f"hits is how many samples make a mode count, 1 or more, got {hits}")
    if n == 0:
        raise NoDataError("modes were asked for, but there is no sample")
    if int(labels.min()) < 0 or int(labels.max()) >= modes:
        raise MeasureError(f"labels must be 0 ... {modes - 1}, got {int(labels.min())} ... {int(labels.max())}")
    counts = torch.bincount(labels, minlength=modes).double()
    reached = int((counts >= hits).sum())
    seen = _chance_of_at_least(counts, hits)
    error = 1.96 * math.sqrt(float((seen * (1 - seen)).sum()))
    share = counts[counts > 0] / n
    raw = float((share * (share * modes).log()).sum())
    divergence = max(0.0, raw - (len(share) - 1) / (2 * n))
    spread = 1.96 * math.sqrt(max(0.0, float((share * (share * modes).log().square()).sum() - raw**2)) / n)
    missed = modes - float(_chance_of_at_least(torch.full((modes,), n / modes, dtype=torch.float64), hits).sum())
    thin = (f"{n / modes:.1f} samples a mode: of even ones {missed:.1f} modes would be missed",) if missed > 0.5 else ()
    return (
        Reading(name="modes", value=float(reached), unit="modes", better="higher", n=n, low=max(0.0, reached - error),
                high=min(float(modes), reached + error), preconditions=(*few_images(n), *thin)),
        Reading(name="modes_divergence", value=divergence, unit="nats", better="lower", n=n,
                low=max(0.0, divergence - spread), high=divergence + spread, preconditions=few_images(n)),
    )  # fmt: skip


def _chance_of_at_least(counts: Tensor, hits: int) -> Tensor:
    """Chance that a mode with this expected count gets at least `hits` samples (Poisson)."""
    below = sum((torch.exp(-counts) * counts**k / math.factorial(k) for k in range(hits)), torch.zeros_like(counts))
    return (1.0 - below).clamp(0.0, 1.0)


def birthday_support(draws: int, coincidences: int) -> Reading:
    """How many equally likely pictures a generator has, from how often two of its samples are the same.

    Among n draws from K equally likely pictures n (n - 1) / 2K pairs coincide on average; the interval is that of a
    Poisson count. What counts as the same is for a person, or an exact rule, to say. The value is `pairs / (c + 1)`,
    whose mean is near K for a Poisson count c with a mean well above 0; `pairs / c` has no mean.

    Args:
        draws: number of samples.
        coincidences: number of pairs of samples that are the same.

    Raises:
        MeasureError: fewer than two draws, or a negative count.

    References:
        Arora, Risteski, Zhang 2018.
    """
    if draws < 2 or coincidences < 0:
        raise MeasureError(f"the birthday estimate needs 2 draws or more, got {draws} with {coincidences} coincidences")
    pairs = draws * (draws - 1) / 2
    half = 1.96 * math.sqrt(coincidences + 1.0)
    none = ("no two samples are the same: the support is at least the lower end",) if coincidences == 0 else ()
    return Reading(
        name="birthday_support",
        value=pairs / (coincidences + 1.0),
        unit="pictures",
        better="higher",
        n=draws,
        low=pairs / (coincidences + half + 1.0),
        high=pairs / (coincidences + 1.0 - half) if coincidences + 1.0 > half else math.inf,
        preconditions=none,
    )
