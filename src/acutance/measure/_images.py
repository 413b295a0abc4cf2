"""What counts as a batch of images, checked once at the door."""

from __future__ import annotations

from typing import Final, Literal

from jaxtyping import Float
from torch import Tensor

from acutance.errors import MeasureError

__all__ = [
    "ROLES",
    "Channels",
    "Role",
    "as_planes",
    "check_images",
    "check_pairs",
    "check_sides",
    "nearly_black",
    "plane_count",
]

Channels = Literal["luma", "each"]
"""`luma`: one plane, .299 R + .587 G + .114 B for colour; `each`: every channel a plane, their powers added."""

Role = Literal["real", "fake"]
ROLES: Final[tuple[Role, Role]] = ("real", "fake")

_LUMA: Final = (0.299, 0.587, 0.114)
_SLACK: Final = 1e-4
_DIM: Final = 1 / 32


def check_images(images: Tensor, role: str = "images") -> Tensor:
    """The batch, detached and on the CPU, if it is (N, C, H, W) float in [0, 1].

    Raises:
        MeasureError: it is not; the message says what came and what to do.
    """
    if not isinstance(images, Tensor):
        raise MeasureError(
            f"{role}: asked for a torch tensor (N, C, H, W), got {type(images).__name__}; torch.as_tensor makes one"
        )
    if images.ndim != 4:
        raise MeasureError(f"{role}: asked for shape (N, C, H, W), got {tuple(images.shape)}; add the missing axes")
    if not images.is_floating_point():
        raise MeasureError(f"{role}: asked for float in [0, 1], got {images.dtype}; divide 8-bit images by 255")
    images = images.detach().cpu()
    if images.numel() == 0:
        return images
    low, high = (float(v) for v in images.aminmax())
    if low != low or high != high:
        raise MeasureError(f"{role}: some values are NaN; find the model or file that made them")
    if low < -_SLACK or high > 1.0 + _SLACK:
        raise MeasureError(f"{role}: asked for values in [0, 1], got {low:.4g} ... {high:.4g}; rescale or clamp first")
    return images


def check_pairs(x: Tensor, ref: Tensor) -> tuple[Tensor, Tensor]:
    """Two batches of matching shape; see `check_images`.

    Raises:
        MeasureError: either is no batch of images, or their shapes differ.
    """
    x, ref = check_images(x, "x"), check_images(ref, "ref")
    if x.shape != ref.shape:
        raise MeasureError(
            f"pairs must match in shape: x is {tuple(x.shape)}, ref is {tuple(ref.shape)}; "
            "give as many outputs as references, at the same size and channels"
        )
    return x, ref


def check_sides(real: Tensor | None, fake: Tensor | None) -> list[tuple[Role, Tensor]]:
    """The batches that are there and not empty, each with its role; none is seen before both are right.

    Raises:
        MeasureError: either is no batch of images, or the two differ in channels, height or width.
    """
    given = [(role, images) for role, images in zip(ROLES, (real, fake), strict=True) if images is not None]
    sides = [(role, check_images(images, role)) for role, images in given]
    sizes = [tuple(images.shape[1:]) for _, images in sides]
    if len(set(sizes)) > 1:
        raise MeasureError(
            f"real images are {sizes[0]}, fake ones {sizes[1]} (channels, height, width); make them alike"
        )
    return [(role, images) for role, images in sides if len(images)]


def nearly_black(role: str, highest: float) -> tuple[str, ...]:
    """The precondition on the range of values: images that were divided by 255 twice are in [0, 1] too."""
    return (f"no {role} value is above {highest:.2g}: divided by 255 twice?",) if 0.0 < highest < _DIM else ()


def plane_count(channels: int, of: Channels) -> int:
    """How many grey planes images of so many channels have."""
    return 1 if of == "luma" else channels


def as_planes(images: Float[Tensor, "n c h w"], channels: Channels) -> Float[Tensor, "n p h w"]:
    """The grey planes that spectra are taken of: the images themselves, or float64 luma.

    Raises:
        MeasureError: luma of images that are neither grey nor RGB.
    """
    if channels == "each" or images.shape[1] == 1:
        return images
    if images.shape[1] != 3:
        raise MeasureError(f"luma needs 1 or 3 channels, got {images.shape[1]}; use channels='each' or drop alpha")
    luma = images[:, :1].double() * _LUMA[0]
    for c, weight in enumerate(_LUMA[1:], start=1):
        luma.add_(images[:, c : c + 1], alpha=weight)
    return luma
