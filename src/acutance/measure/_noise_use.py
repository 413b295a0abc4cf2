"""Noise use: whether several outputs for one input differ as much as the input leaves open (T11)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._base import few_images
from acutance.measure._images import check_pairs
from acutance.measure._keys import content_keys
from acutance.measure._reading import Reading
from acutance.measure._sharpness import ratio
from acutance.stats import percentile_interval, poisson_weights

__all__ = ["noise_use"]


def noise_use(ref: Tensor, first: Tensor, second: Tensor) -> Reading:
    """Diversity given the input, `rho = E|r1 - r2|^2 / (2 D*)` (T11): 1 for a posterior sampler, 0 where noise is
    ignored.

    With outputs `r = m + v`, v independent noise, `V = E|r1 - r2|^2 / 2` and `D = E|x - r|^2 - V` is the error of the
    outputs' own mean m. D is the least error D* where m is the conditional mean; where m is worse, rho is too low.

    Args:
        ref: (N, C, H, W) real images in [0, 1].
        first: an output for each.
        second: another output for each, from the same code with other noise.

    Returns:
        `noise_use`, with a bootstrap interval over images.

    Raises:
        MeasureError: the batches differ in shape, or there are fewer than two images.
    """
    first, ref = check_pairs(first, ref)
    second, ref = check_pairs(second, ref)
    n = len(ref)
    if n < 2:
        raise MeasureError(f"noise use needs at least 2 images, got {n}; give more")
    one, two, real = (images.double().flatten(1) for images in (first, second, ref))
    spread = (one - two).square().mean(1) / 2
    error = ((real - one).square().mean(1) + (real - two).square().mean(1)) / 2 - spread
    weights = torch.from_numpy(poisson_weights(content_keys(ref)))
    sums = (weights.T @ torch.stack([spread, error], dim=1)).numpy()
    rows = np.where(sums[:, 1] > 1e-12 * n, ratio(sums[:, 0], sums[:, 1]), np.nan)
    low, high = percentile_interval(rows[1:], n)
    exact = ("the outputs' mean equals the images: nothing is left open",) if np.isnan(rows[0]) else ()
    return Reading(name="noise_use", value=float(rows[0]), unit="ratio", better="one", n=n, low=float(low),
                   high=float(high), preconditions=(*few_images(n), *exact))  # fmt: skip
