"""The blur effect: how little an image changes when it is blurred once more. A cross-check, no headline."""

from __future__ import annotations

from typing import Final, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from acutance.errors import MeasureError, NoDataError
from acutance.measure._base import PopulationMeasure, Summed, few_images
from acutance.measure._images import ROLES, as_planes, check_sides
from acutance.measure._keys import content_keys
from acutance.measure._reading import Better, Reading
from acutance.measure._sharpness import ratio
from acutance.stats import percentile_interval, poisson_weights

__all__ = ["MEASURE", "BlurEffect", "blur_effect"]

Floats = NDArray[np.float64]

_SPEC: Final[dict[str, tuple[str, Better]]] = {"blur_effect": ("fake", "lower"), "blur_effect_real": ("real", "none")}
_LENGTH: Final = 11
_SIDE: Final = 8


@final
class BlurEffect(Summed, PopulationMeasure):
    """Mean over images of the blur effect of Crete et al.: 0 no blur, 1 blurred as far as it can see.

    It rewards noise, as every measure without a reference that looks at local variation does. An image that does not
    vary along one of its axes counts as wholly blurred.

    References:
        Crete et al. 2007; `skimage.measure.blur_effect`, with `h_size=11`.
    """

    @torch.no_grad()
    def update(self, *, real: Tensor | None = None, fake: Tensor | None = None) -> None:
        """See a batch of either population or of both; their sizes may differ.

        Raises:
            MeasureError: a batch is not (N, C, H, W) float in [0, 1], sizes differ, or a side is below 8 px.
        """
        for role, images in check_sides(real, fake):
            scores = blur_effect(as_planes(images, "luma")[:, 0].double())
            self.sums.expect(tuple(images.shape[1:]), "blur effect")
            columns = torch.stack([torch.ones_like(scores), scores], dim=1)
            self.sums.add(role, torch.from_numpy(poisson_weights(content_keys(images))).T @ columns)

    def compute(self) -> tuple[Reading, ...]:
        """The mean of the samples and that of the real images.

        Raises:
            NoDataError: a population is empty.
        """
        for role in ROLES:
            if role not in self.sums:
                raise NoDataError(f"blur effect was asked for before any {role} image was seen; update {role}=")
        return tuple(self._reading(name, role, better) for name, (role, better) in _SPEC.items())

    def _reading(self, name: str, role: str, better: Better) -> Reading:
        count, total = self.sums[role].T.numpy()
        n, rows = int(count[0]), ratio(total, count)
        low, high = percentile_interval(rows[1:], n)
        return Reading(
            name=name,
            value=float(rows[0]),
            unit="ratio",
            better=better,
            n=n,
            low=float(low),
            high=float(high),
            preconditions=few_images(n),
        )


def blur_effect(luma: Float[Tensor, "n h w"]) -> Float[Tensor, " n"]:
    """The blur effect of each image, 1 where an axis has no variation.

    Raises:
        MeasureError: a side is below 8 px.
    """
    if min(luma.shape[1:]) < _SIDE:
        raise MeasureError(f"the blur effect needs sides of {_SIDE} px, got {tuple(luma.shape[1:])}; use larger images")
    return torch.maximum(_along_rows(luma), _along_rows(luma.transpose(1, 2)))


def _along_rows(luma: Float[Tensor, "n h w"]) -> Float[Tensor, " n"]:
    sharp, soft = _slopes(luma), _slopes(_averaged(luma))
    change, all_of_it = ((v[:, 2:-1, 2:-1]).sum((1, 2)) for v in ((sharp - soft).clamp(min=0.0), sharp))
    return torch.where(all_of_it > 0, (all_of_it - change) / all_of_it, 1.0)


def _averaged(luma: Float[Tensor, "n h w"]) -> Float[Tensor, "n h w"]:
    """Mean of 11 neighbours along the row; beyond the border the image is mirrored."""
    half, width = _LENGTH // 2, luma.shape[2]
    at = torch.arange(-half, width + half)
    at = torch.where(at < 0, -1 - at, torch.where(at >= width, 2 * width - 1 - at, at))
    return F.avg_pool1d(luma[:, :, at], _LENGTH, stride=1)


def _slopes(luma: Float[Tensor, "n h w"]) -> Float[Tensor, "n h w"]:
    """Size of the Sobel slope along the row."""
    padded = F.pad(luma[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    across = padded[:, :, 2:] - padded[:, :, :-2]
    return (across[:, :-2] + 2.0 * across[:, 1:-1] + across[:, 2:]).abs()


MEASURE = BlurEffect
