"""Multi-scale structural similarity."""

from __future__ import annotations

from typing import ClassVar, Final, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError
from acutance.measure._per_image import PerImage
from acutance.measure._reading import Better
from acutance.measure._ssim import SSIM_SIDE, ssim_terms

__all__ = ["MEASURE", "MsSsim"]

_WEIGHTS: Final = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


@final
class MsSsim(PerImage):
    """Mean over images of MS-SSIM: contrast-structure at five scales, luminance at the coarsest, halved by averaging.

    Five scales need sides of 176 px. Smaller images get as many scales as fit, the weights made to add up to 1, and the
    reading says so. Negative terms count as zero; channels are averaged.

    References:
        Wang, Simoncelli, Bovik 2003.
    """

    what: ClassVar[str] = "ms_ssim"
    spec: ClassVar[dict[str, tuple[str, Better]]] = {"ms_ssim": ("ratio", "higher")}

    def score(self, x: Float[Tensor, "n c h w"], ref: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        scales = self._scales(min(x.shape[-2:]))
        if scales == 0:
            raise MeasureError(f"MS-SSIM needs sides of at least {SSIM_SIDE} px, got {tuple(x.shape[-2:])}; use larger")
        weights = torch.tensor(_WEIGHTS[:scales], dtype=torch.float64)
        x, ref, terms = x.double(), ref.double(), []
        for scale in range(scales):
            luminance, structure = ssim_terms(x, ref)
            last = scale == scales - 1
            terms.append((luminance * structure if last else structure).flatten(2).mean(2).clamp(min=0.0))
            x, ref = F.avg_pool2d(x, 2), F.avg_pool2d(ref, 2)
        powers = torch.stack(terms) ** (weights / weights.sum())[:, None, None]
        return powers.prod(0).mean(1)

    def violated(self) -> tuple[str, ...]:
        side = min(self.sums.shape[1:])
        scales = self._scales(side)
        return (f"{side} px images allow {scales} of the 5 scales",) if scales < len(_WEIGHTS) else ()

    @staticmethod
    def _scales(side: int) -> int:
        return sum(side >> scale >= SSIM_SIDE for scale in range(len(_WEIGHTS)))


MEASURE = MsSsim
