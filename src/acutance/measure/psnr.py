"""Peak signal-to-noise ratio."""

from __future__ import annotations

import math
from typing import ClassVar, Final, final

from jaxtyping import Float
from torch import Tensor

from acutance.measure._per_image import PerImage
from acutance.measure._reading import Better

__all__ = ["MEASURE", "Psnr"]

_FLOOR: Final = 1.0 / (12.0 * 255.0**2)
"""Mean squared error of rounding to 8 bits; below it a pair is as good as identical."""


@final
class Psnr(PerImage):
    """Mean over images of `10 log10(1 / mse)` in dB, over all channels, for a data range of 1.

    An mse below that of rounding to 8 bits (58.9 dB) counts as that, so that one identical pair does not make the mean
    infinite; the reading then says so.
    """

    what: ClassVar[str] = "psnr"
    spec: ClassVar[dict[str, tuple[str, Better]]] = {"psnr": ("dB", "higher")}

    def score(self, x: Float[Tensor, "n c h w"], ref: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        mse = (x.double() - ref.double()).square().flatten(1).mean(1)
        self.sums.add("floored", (mse < _FLOOR).sum())
        return -10.0 * mse.clamp(min=_FLOOR).log10()

    def violated(self) -> tuple[str, ...]:
        floored = int(self.sums["floored"])
        limit = -10.0 * math.log10(_FLOOR)
        return (f"{floored} pairs agree to 8 bits and count as {limit:.1f} dB",) if floored else ()


MEASURE = Psnr
