"""A perceptual distance: features of the shipped network, compared place by place."""

from __future__ import annotations

from typing import ClassVar, Final, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acutance.measure._per_image import PerImage
from acutance.measure._reading import Better
from acutance.measure._squeezenet import SqueezeNet

__all__ = ["MEASURE", "PerceptualDistance"]

_TAPS: Final = ("conv1", "fire3", "fire5", "fire7", "fire9")
_CHUNK: Final = 32


@final
class PerceptualDistance(PerImage):
    """Mean over images of the squared distance of unit-normalised SqueezeNet features: LPIPS without learned weights.

    At each of five layers the features at each place are scaled to length 1; their squared distances are averaged over
    places, then over layers. 0 for identical images, at most 4. Images are resized to 64, 128 or 256 px, the least that
    does not shrink them where there is one.

    References:
        Zhang et al. 2018.
    """

    what: ClassVar[str] = "perceptual_distance"
    spec: ClassVar[dict[str, tuple[str, Better]]] = {"perceptual_distance": ("squared distance", "lower")}

    def score(self, x: Float[Tensor, "n c h w"], ref: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        side = max(x.shape[-2:])
        net = SqueezeNet(size=64 if side <= 64 else 128 if side <= 128 else 256)
        return torch.cat([_distance(net, x[i : i + _CHUNK], ref[i : i + _CHUNK]) for i in range(0, len(x), _CHUNK)])


def _distance(net: SqueezeNet, x: Tensor, ref: Tensor) -> Tensor:
    one, other = net.taps(x), net.taps(ref)
    apart = [(F.normalize(one[tap], dim=1) - F.normalize(other[tap], dim=1)).square() for tap in _TAPS]
    return torch.stack([a.sum(1).mean((1, 2)) for a in apart]).mean(0)


MEASURE = PerceptualDistance
