"""Mean squared error."""

from __future__ import annotations

from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor

from acutance.measure._per_image import PerImage
from acutance.measure._reading import Better
from acutance.stats import effective_n

__all__ = ["MEASURE", "Mse"]


@final
class Mse(PerImage):
    """Mean over images, channels and pixels of `(x - ref)^2`, values in [0, 1] (T1, T6, T22)."""

    what: ClassVar[str] = "mse"
    spec: ClassVar[dict[str, tuple[str, Better]]] = {"mse": ("squared value", "lower")}

    def effective_n(self) -> float:
        """Errors of some images may be many times those of others."""
        return effective_n(self._means()[:, 0], int(self.sums["count"][0]))

    def score(self, x: Float[Tensor, "n c h w"], ref: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        return (x.double() - ref.double()).square().flatten(1).mean(1)


MEASURE = Mse
