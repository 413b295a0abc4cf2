"""Kernel distance of feature populations (KID)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from acutance.measure._bank import FeatureMeasure
from acutance.measure._base import few_images
from acutance.measure._blocks import spans
from acutance.measure._heavy_tails import equal_images, if_few_equal
from acutance.measure._reading import Reading
from acutance.measure._squared_length import SquaredLength, by_chance

__all__ = ["MEASURE", "KernelDistance", "kernel_distance"]

_FOR_THE_THIRD: Final = 512
"""Images of each set from which the skewness by chance is taken: it takes a product of matrices of kernels."""


@dataclass(frozen=True)
class _Kernel:
    """What is kept of a kernel matrix: row and column sums, sum of squares (diagonals left out within a set)."""

    rows: Tensor
    columns: Tensor
    squares: float


def kernel_distance(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> SquaredLength:
    """Unbiased squared maximum mean discrepancy with the kernel `(x . y / d + 1)^3`, and its law.

    The variance of the U-statistic has a part of order 1/n (the spread of each image's mean kernel) and one of order
    1/n^2, which alone is left where the two populations are the same; the bias of either estimate is of higher order.

    Args:
        real: (n, d) features, n >= 4.
        fake: (m, d) features, m >= 4.

    References:
        Binkowski et al. 2018; Serfling 1980, section 5.2; T21.
    """
    a, b = real.double(), fake.double()
    n, m = len(a), len(b)
    aa, bb, ab = _kernel(a, a, within=True), _kernel(b, b, within=True), _kernel(a, b, within=False)
    mean_aa, mean_bb, mean_ab = (float(k.rows.sum()) for k in (aa, bb, ab))
    mean_aa, mean_bb, mean_ab = mean_aa / (n * (n - 1)), mean_bb / (m * (m - 1)), mean_ab / (n * m)
    of_a = aa.rows / (n - 1) - ab.rows / m
    of_b = bb.rows / (m - 1) - ab.columns / n
    spread_aa = _spread(aa.squares / (n * (n - 1)), aa.rows / (n - 1), aa.rows / (n - 1), mean_aa)
    spread_bb = _spread(bb.squares / (m * (m - 1)), bb.rows / (m - 1), bb.rows / (m - 1), mean_bb)
    spread_ab = _spread(ab.squares / (n * m), ab.rows / m, ab.columns / n, mean_ab)
    first = 4 * (float(of_a.var()) - spread_aa / n - spread_ab / m) / n
    first += 4 * (float(of_b.var()) - spread_bb / m - spread_ab / n) / m
    second = 2 * spread_aa / (n * (n - 1)) + 2 * spread_bb / (m * (m - 1)) + 4 * spread_ab / (n * m)
    skewness = _skewness_by_chance(a, b)
    third, slope = skewness * second**1.5, skewness * second**0.5
    images = equal_images(of_a - of_a.mean(), of_b - of_b.mean())
    return SquaredLength(mean_aa + mean_bb - 2 * mean_ab, 0.0, first, second, third, slope, images=images)


def _skewness_by_chance(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> float:
    """Skewness of the distance where nothing differs, from some images of each set."""
    both = torch.cat([real[:_FOR_THE_THIRD], fake[:_FOR_THE_THIRD]])
    taken, sizes = (min(len(real), _FOR_THE_THIRD), min(len(fake), _FOR_THE_THIRD)), (len(real), len(fake))
    kernel = (both @ both.T).div_(both.shape[1]).add_(1.0).pow_(3)
    spread = by_chance(kernel, taken, sizes)
    second, third = 2.0 * float(spread.square().sum()), 8.0 * float(((spread @ spread) * spread).sum())
    return max(0.0, third) / second**1.5 if second > 0.0 else 0.0


def _spread(square: float, rows: Tensor, columns: Tensor, mean: float) -> float:
    """Variance of the kernel once its row and column means are taken out."""
    return max(0.0, square - float(rows.square().mean()) - float(columns.square().mean()) + mean * mean)


def _kernel(a: Tensor, b: Tensor, *, within: bool) -> _Kernel:
    rows, columns = a.new_zeros(len(a)), a.new_zeros(len(b))
    squares = 0.0
    for i in spans(len(a)):
        for j in spans(len(b)):
            block = (a[i] @ b[j].T).div_(a.shape[1]).add_(1.0).pow_(3)
            if within and i == j:
                block.fill_diagonal_(0.0)
            rows[i] += block.sum(1)
            columns[j] += block.sum(0)
            squares += float(block.flatten() @ block.flatten())
    return _Kernel(rows, columns, squares)


@final
class KernelDistance(FeatureMeasure):
    """Unbiased kernel distance of the features, divided by the real features' standard deviation; lower is nearer.

    One scale for all features, the root of their mean variance in the real set: the number does not depend on the units
    of the feature network. Around 0, above or below, where the populations are the same.

    References:
        Binkowski et al. 2018.
    """

    def compute(self) -> tuple[Reading, ...]:
        return (self.reading("kernel_distance"),)

    def reading(self, name: str) -> Reading:
        """The distance under another name, for another kind of features.

        Raises:
            NoDataError: a population is empty.
            MeasureError: a population has fewer than four images.
        """
        real, fake = self.bank.get("real", 4).double(), self.bank.get("fake", 4).double()
        scale = float(real.var(0).mean().sqrt())
        constant = scale <= 1e-6 * float(real.abs().max())
        found = kernel_distance(*((real, fake) if constant else (real / scale, fake / scale)))
        low, high = found.interval()
        n = min(len(real), len(fake))
        same = ("the real features do not vary, so they are not scaled by their standard deviation",)
        return Reading(
            name=name,
            value=found.value,
            unit="squared discrepancy",
            better="lower",
            n=n,
            low=low,
            high=high,
            preconditions=(*few_images(n), *(same if constant else ()), *if_few_equal(found.images, n)),
        )


MEASURE = KernelDistance
