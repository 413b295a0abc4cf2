"""The decoder corrected by least squares on the frozen code: a filter of its output, a linear map of its latents."""

from __future__ import annotations

import torch
from torch import Tensor

from acutance.diagnose._bench import Bench, Outcome
from acutance.diagnose._linear import Correction, fitted
from acutance.diagnose._probe import evenly
from acutance.models import batch_size

__all__ = ["corrected_at", "correction", "outcome"]

_FIT = 2048


def outcome(bench: Bench) -> Outcome:
    """What the code still held and a linear correction found, on images that it was not fitted on.

    The correction is fitted to `fit_images`; without them to one half of the images, for the other half, and back. It
    starts at the subject's decoder, so it is never much weaker, and what it gains was in the code.
    """
    return corrected_at(bench, bench.outcome("trained_noise").numbers["scale"])


def corrected_at(bench: Bench, scale: float) -> Outcome:
    """The same with the code's noise at another scale."""
    corrected = _corrected(bench, scale)
    return bench.compared(torch.split(corrected, batch_size(bench.images.shape)), bench.input)


def correction(bench: Bench, scale: float) -> Correction | None:
    """The correction that `fit_images` teach, with the code's noise at this scale; None where there are none."""
    if bench.fit is None:
        return None
    images, code = bench.fit
    at = evenly(len(images), _FIT)
    given = bench.drawn(code, scale, "fit")[at]
    return fitted(given, torch.cat(list(bench.probe.decode(given, bench.images.shape))), images[at])


def _corrected(bench: Bench, scale: float) -> Tensor:
    latents = bench.noisy(scale)
    outputs = torch.cat(list(bench.probe.decode(latents, bench.images.shape)))
    correct = correction(bench, scale)
    return _crossed(latents, outputs, bench.input) if correct is None else correct(latents, outputs).clamp(0, 1)


def _crossed(latents: Tensor, outputs: Tensor, targets: Tensor) -> Tensor:
    corrected = outputs.clone()
    half = torch.arange(len(targets)) % 2 == 0
    for mine in (half, ~half):
        correct = fitted(latents[~mine], outputs[~mine], targets[~mine])
        corrected[mine] = correct(latents[mine], outputs[mine]).clamp(0, 1)
    return corrected
