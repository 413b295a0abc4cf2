"""Principal components, as many as the code has numbers: the least any linear autoencoder of its size would lose."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose._probe import evenly
from acutance.models import batch_size

__all__ = ["MOST_VALUES", "outcome", "reduced"]

MOST_VALUES = 16_384
"""Images of more values are not taken apart: their components would be those of too few images."""

_FIT = 2048


def outcome(bench: Bench) -> Outcome:
    """d components."""
    return reduced(bench, bench.latent.mode[0].numel())


def reduced(bench: Bench, count: int) -> Outcome:
    """Images projected on the first d components of `fit_images`, or half of the images on those of the other (O3).

    Fewer components than d are used where the fit has fewer images, and the loss is then an upper bound.
    """
    targets = bench.input.flatten(1).double()
    if bench.fit is None:
        half = torch.arange(len(targets)) % 2 == 0
        projected = targets.clone()
        for mine in (half, ~half):
            projected[mine] = _projected(targets[mine], targets[~mine], count)
    else:
        images = bench.fit[0]
        at = evenly(len(images), _FIT)
        projected = _projected(targets, images[at].flatten(1).double(), count)
    outputs = projected.float().clamp(0, 1).reshape(bench.input.shape)
    found = bench.compared(torch.split(outputs, batch_size(bench.images.shape)), bench.input)
    return replace(found, numbers={"components": float(count)})


def _projected(images: Tensor, fit: Tensor, count: int) -> Tensor:
    mean = fit.mean(0)
    if len(fit) <= fit.shape[1]:
        _, _, basis = torch.linalg.svd(fit - mean, full_matrices=False)
        basis = basis[:count]
    else:
        basis = torch.linalg.eigh((fit - mean).T @ (fit - mean)).eigenvectors.flip(1)[:, :count].T
    projected: Tensor = mean + (images - mean) @ basis.T @ basis
    return projected
