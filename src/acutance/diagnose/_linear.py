"""Least squares in closed form: what a linear map can still take out of a code that a decoder left in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor

from acutance.models import Decodes

__all__ = ["Corrected", "Correction", "Patches", "fitted"]

_RIDGES = (1e-5, 1e-3, 1e-1)
_HELD_BACK = 5
_FILTER = 7
_PLACES = 1 << 17


@dataclass(frozen=True)
class Patches:
    """How codes and images meet: one row of features predicts one patch of pixels.

    A latent map (c, a, b) whose grid divides the image predicts each place's own patch from its 3 x 3 neighbourhood,
    with weights shared over places; any other latent predicts the whole image.

    Attributes:
        patch: (height, width) of a patch.
        shared: whether the latent is such a map.
    """

    patch: tuple[int, int]
    shared: bool

    @staticmethod
    def of(latent: torch.Size, image: torch.Size) -> Patches:
        """For latents (N, *latent) and images (N, C, H, W)."""
        height, width = image[2:]
        if len(latent) == 4 and min(latent[2:]) > 1 and height % latent[2] == 0 and width % latent[3] == 0:
            return Patches((height // latent[2], width // latent[3]), shared=True)
        return Patches((height, width), shared=False)

    def features(self, latents: Tensor) -> Tensor:
        """(rows, features)."""
        if not self.shared:
            return latents.flatten(1)
        return F.unfold(latents, 3, padding=1).transpose(1, 2).flatten(0, 1)

    def rows(self, images: Tensor) -> Tensor:
        """(rows, values of a patch)."""
        return F.unfold(images, self.patch, stride=self.patch).transpose(1, 2).flatten(0, 1)

    def images(self, rows: Tensor, shape: torch.Size) -> Tensor:
        """The inverse of `rows`, for images of this shape."""
        values = rows.reshape(shape[0], -1, rows.shape[1]).transpose(1, 2)
        return F.fold(values, (shape[2], shape[3]), self.patch, stride=self.patch)


@dataclass(frozen=True)
class Correction:
    """A filter of the output and a linear map of the code, added to what the decoder shows.

    Attributes:
        kernel: (C, 1, k, k), one filter a channel; None where it did not help on images held back.
        weight: (features + 1, values of a patch); None likewise.
        patches: how codes and images meet.
    """

    kernel: Tensor | None
    weight: Tensor | None
    patches: Patches

    def __call__(self, latents: Tensor, outputs: Tensor) -> Tensor:
        """Corrected images, not clamped."""
        shown = outputs if self.kernel is None else _filtered(outputs, self.kernel)
        if self.weight is not None:
            rows = _with_one(self.patches.features(latents.float())) @ self.weight
            shown = shown + self.patches.images(rows, outputs.shape)
        return shown


@final
@dataclass(frozen=True, eq=False)
class Corrected:
    """A decoder with a correction behind it.

    Attributes:
        decoder: as it is.
        correction: what is put behind it.
    """

    decoder: Decodes
    correction: Correction

    def decode(self, latents: Tensor) -> Tensor:
        """Corrected images, not clamped."""
        return self.correction(latents.cpu(), self.decoder.decode(latents).float().cpu())


def fitted(latents: Tensor, outputs: Tensor, targets: Tensor) -> Correction:
    """The correction with the least squared error, each part of it kept only where it helps on a fifth held back.

    Args:
        latents: (N, *latent) that the decoder was given.
        outputs: (N, C, H, W) what it made of them.
        targets: (N, C, H, W) what it should have made; of fewer than five nothing is learnt.
    """
    patches = Patches.of(latents.shape, targets.shape)
    if len(targets) < _HELD_BACK:
        return Correction(None, None, patches)
    back = torch.arange(len(targets)) % _HELD_BACK == 0
    kernel, chosen = _kernel(outputs[~back], targets[~back]), None
    if _error(_filtered(outputs[back], kernel), targets[back]) < _error(outputs[back], targets[back]):
        outputs, chosen = _filtered(outputs, kernel), kernel
    gram, cross = _normal(patches, latents[~back].float(), (targets - outputs)[~back])
    best, weight = _error(outputs[back], targets[back]), None
    for ridge in _RIDGES:
        found = _solved(gram, cross, ridge)
        rows = _with_one(patches.features(latents[back].float())) @ found
        error = _error(outputs[back] + patches.images(rows, targets[back].shape), targets[back])
        if error < best:
            best, weight = error, found
    return Correction(chosen, weight, patches)


def _error(outputs: Tensor, targets: Tensor) -> float:
    return float((outputs.clamp(0, 1) - targets).double().square().sum())


def _with_one(features: Tensor) -> Tensor:
    return torch.cat([features, features.new_ones(len(features), 1)], dim=1)


def _normal(patches: Patches, latents: Tensor, residuals: Tensor) -> tuple[Tensor, Tensor]:
    """Gram matrix of the features and their products with the residuals, float64."""
    gram: Tensor | float = 0.0
    cross: Tensor | float = 0.0
    for some, left in zip(torch.split(latents, 256), torch.split(residuals, 256), strict=True):
        features, rows = _with_one(patches.features(some)).double(), patches.rows(left).double()
        gram, cross = gram + features.T @ features, cross + features.T @ rows
    assert isinstance(gram, Tensor) and isinstance(cross, Tensor)
    return gram, cross


def _solved(gram: Tensor, cross: Tensor, ridge: float) -> Tensor:
    scale = ridge * gram.diagonal().mean() + 1e-12
    found: Tensor = torch.linalg.solve(gram + scale * torch.eye(len(gram), dtype=gram.dtype), cross)
    return found.float()


def _filtered(images: Tensor, kernel: Tensor) -> Tensor:
    reach = kernel.shape[-1] // 2
    padded = F.pad(images, (reach, reach, reach, reach), mode="replicate")
    return F.conv2d(padded, kernel, groups=images.shape[1])


def _kernel(outputs: Tensor, targets: Tensor) -> Tensor:
    """The least-squares filter of each channel, (C, 1, k, k)."""
    reach = _FILTER // 2
    size = max(1, _PLACES // targets[0, 0].numel())
    kernels = []
    for channel in range(targets.shape[1]):
        gram, cross = torch.zeros(_FILTER**2, _FILTER**2).double(), torch.zeros(_FILTER**2, 1).double()
        for shown, wanted in zip(torch.split(outputs, size), torch.split(targets, size), strict=True):
            padded = F.pad(shown[:, channel : channel + 1], (reach, reach, reach, reach), mode="replicate")
            features = F.unfold(padded, _FILTER).transpose(1, 2).flatten(0, 1).double()
            gram += features.T @ features
            cross += features.T @ wanted[:, channel].reshape(-1, 1).double()
        kernels.append(_solved(gram, cross, 1e-6).reshape(1, _FILTER, _FILTER))
    return torch.stack(kernels)
