"""What the encoders of others return, as a latent value: a point, a Gaussian, or codes."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace

import torch
from torch import Tensor

from acutance.errors import SubjectError
from acutance.nn.latents import Codes, DiagonalNormal, Dirac, Latent

__all__ = ["as_images", "as_latent", "gaussian"]

_TINY = 1e-12
_SCALES: dict[str, Callable[[Tensor], Tensor]] = {
    "std": lambda second: second,
    "log_std": torch.exp,
    "log_var": lambda second: (0.5 * second).exp(),
    "logvar": lambda second: (0.5 * second).exp(),
}
_SHAPES = (
    "a tensor, an object with .mean and .std (a Gaussian posterior), or one with .quantized, .continuous and .indices"
)


def as_latent(found: object, who: str, codebook: int | None = None) -> Latent:
    """The latent value in what an encoder returned.

    A posterior whose standard deviation is 0 throughout is a point.

    Args:
        found: a tensor, an object with `.mean` and `.std`, one with `.quantized`, `.continuous` and `.indices`, or
            what diffusers wraps around one of these.
        who: how the subject is called.
        codebook: how many entries the codebook has; the largest index met and 1 where nobody says.

    Raises:
        SubjectError: it is none of these, or its parts do not fit one another.
    """
    if isinstance(found, Tensor):
        return Dirac(_float(found))
    for wrapped in ("latent_dist", "latents", "latent"):
        inner = getattr(found, wrapped, None)
        if inner is not None:
            return as_latent(inner, who, codebook)
    if isinstance(getattr(found, "quantized", None), Tensor):
        return _codes(found, who, codebook)
    mean, std = getattr(found, "mean", None), getattr(found, "std", None)
    if not isinstance(mean, Tensor) or not isinstance(std, Tensor):
        raise SubjectError(f"{who}: encode returned {type(found).__name__}; return {_SHAPES}")
    mean, std = _float(mean), _float(std)
    if mean.shape != std.shape or not bool((std >= 0).all()):
        raise SubjectError(
            f"{who}: a posterior has a mean and a standard deviation of one shape, none of it negative; got "
            f"{tuple(mean.shape)} and {tuple(std.shape)}, the smallest {float(std.min()):.3g}"
        )
    return DiagonalNormal(mean, std.clamp_min(_TINY).log()) if bool((std > 0).any()) else Dirac(mean)


def gaussian(found: object, posterior: str | None, who: str) -> object:
    """The posterior in a pair of tensors, which do not say themselves what the second is; all else as it came.

    Args:
        found: what an encoder returned; the fields of a named tuple are taken at their word.
        posterior: what the second is: "std", "log_std" or "log_var".
        who: how the subject is called.

    Raises:
        SubjectError: it is a pair, and nothing says of what.
    """
    if not isinstance(found, tuple | list) or isinstance(getattr(found, "quantized", None), Tensor):
        return found
    if len(found) == 1:
        return found[0]
    if isinstance(getattr(found, "std", None), Tensor):
        return found
    named = next((name for name in _SCALES if isinstance(getattr(found, name, None), Tensor)), posterior)
    if len(found) != 2 or not all(isinstance(part, Tensor) for part in found) or named is None:
        raise SubjectError(
            f"{who}: encode returns {len(found)} tensors; if they are a mean and its spread, say which with "
            "?posterior=std, ?posterior=log_std or ?posterior=log_var"
        )
    return SimpleNamespace(mean=found[0], std=_SCALES[named](found[1]))


def as_images(found: object, who: str) -> Tensor:
    """The images in what a decoder or a generator returned: a tensor, or an object with one under `.sample`.

    Raises:
        SubjectError: there are none in it.
    """
    inner = found if isinstance(found, Tensor) else getattr(found, "sample", None)
    if not isinstance(inner, Tensor) or inner.ndim != 4 or not inner.is_floating_point():
        came = f"{tuple(inner.shape)} {inner.dtype}" if isinstance(inner, Tensor) else type(found).__name__
        raise SubjectError(f"{who} returned {came}; images are a float tensor (N, C, H, W)")
    return inner


def _codes(found: object, who: str, codebook: int | None) -> Codes:
    quantized, continuous, indices = (getattr(found, name, None) for name in ("quantized", "continuous", "indices"))
    if (
        not isinstance(quantized, Tensor)
        or not isinstance(continuous, Tensor)
        or not isinstance(indices, Tensor)
        or quantized.shape != continuous.shape
        or indices.is_floating_point()
        or len(indices) != len(quantized)
    ):
        raise SubjectError(
            f"{who}: codes are .quantized and .continuous of one shape (N, ...), and integers .indices (N, ...); got "
            f"{', '.join(_told(part) for part in (quantized, continuous, indices))}"
        )
    stated = getattr(found, "size", None)
    met = int(indices.max()) + 1 if indices.numel() else 1
    size = max(stated if isinstance(stated, int) else codebook or 0, met)
    return Codes(_float(quantized), _float(continuous), indices.to(torch.int64), size, _books(found, size))


def _books(found: object, size: int) -> tuple[int, ...]:
    """The entries of each book, where `.books` says so and they make up the whole codebook."""
    stated = getattr(found, "books", None)
    whole = isinstance(stated, tuple | list) and all(isinstance(book, int) and book > 0 for book in stated)
    return tuple(stated) if whole and stated and math.prod(stated) == size else ()


def _told(part: object) -> str:
    return f"{tuple(part.shape)} {part.dtype}" if isinstance(part, Tensor) else type(part).__name__


def _float(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
