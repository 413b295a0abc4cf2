"""Whether outputs are conditional medians (T5): the signs of what is left over."""

from __future__ import annotations

from typing import ClassVar, Final, final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from acutance.measure._per_image import Resampled
from acutance.measure._reading import Better
from acutance.measure._sharpness import ratio

__all__ = ["MEASURE", "ResidualSigns"]

Floats = NDArray[np.float64]

_TIE: Final = 0.5 / 255.0
"""Values nearer than half an 8-bit step are equal."""
_MANY: Final = 0.2


@final
class ResidualSigns(Resampled):
    """`E[sign(ref - x)]` and `E[sign(ref - x) h] / E|h|`, `h = x - 1/2`, both 0 for a conditional median (T5).

    What an L1 decoder puts out is a function of its code, so the sign of its residual is uncorrelated with every
    function of the output, as the residual itself is for an L2 decoder (T1). The first number alone is blind to an
    average between two equally likely values; the second is not.

    Where reference and output are equal, a median may stand anywhere within the tie. So each number is first taken
    towards 0 by as much as ties can make up, and 0 means: nothing speaks against a median. A tie at 0 or at 1 can
    hide values to one side alone, so that it counts in one direction alone. `E|h|` is over what is no tie.

    References:
        T5 in docs/theory.md.
    """

    what: ClassVar[str] = "residual signs"
    spec: ClassVar[dict[str, tuple[str, Better]]] = {"sign_balance": ("ratio", "none"), "sign_slope": ("ratio", "none")}

    def columns(self, x: Float[Tensor, "n c h w"], ref: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 8"]:
        output = x.double().flatten(1)
        residual, lever = ref.double().flatten(1) - output, output - 0.5
        tie = (residual.abs() <= _TIE).double()
        sign, size = residual.sign() * (1.0 - tie), lever.abs()
        up, down = tie * (output < 1.0 - _TIE), tie * (output > _TIE)
        outward = torch.minimum(up, down) * size
        parts = (sign, up, down, sign * lever, outward, tie * size, (1.0 - tie) * size, tie)
        return torch.stack([part.mean(1) for part in parts], dim=1)

    def values(self, means: Floats) -> dict[str, Floats]:
        sign, up, down, moment, outward, inward, size, _ = means.T
        slope = ratio(_beyond(moment, outward, inward), size)
        return {"sign_balance": _beyond(sign, up, down), "sign_slope": np.where(size == 0, 0.0, slope)}

    def violated(self) -> tuple[str, ...]:
        ties = self._means()[0, -1]
        return (f"{100 * ties:.0f} % of the values are ties, which can hide an imbalance",) if ties > _MANY else ()


def _beyond(found: Floats, up: Floats, down: Floats) -> Floats:
    """What is left of an imbalance when ties are counted against it: `up` of them above 0, `down` below."""
    return np.asarray(np.maximum(found - up, 0.0) + np.minimum(found + down, 0.0))


MEASURE = ResidualSigns
