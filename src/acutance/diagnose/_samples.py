"""Samples from a subject's prior, measured against the images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from acutance.data import ImageSet
from acutance.diagnose._octaves import Floats
from acutance.measure.sample_spectra import SampleSpectra
from acutance.models import Generates, HasSamples, Subject, draws
from acutance.rng import seeded

__all__ = ["prior_octaves"]

_BATCH = 256


def prior_octaves(subject: Subject, images: ImageSet, seed: int) -> tuple[Floats, Floats, Floats]:
    """Power of the images and of as many samples per octave, (1 + replicates, bands), and the bands' centres."""
    spectra = SampleSpectra()
    for start in range(0, len(images), _BATCH):
        spectra.update(real=images.tensor(np.arange(start, min(start + _BATCH, len(images)))))
    for batch in _samples(subject, len(images), seed):
        spectra.update(fake=batch)
    found = spectra.result()
    centre = np.array([(band.low * band.high) ** 0.5 for band in found.bands])
    return *found.octaves, centre


def _samples(subject: Subject, n: int, seed: int) -> Iterator[Tensor]:
    if isinstance(subject, HasSamples):
        yield from subject.samples()
    elif isinstance(subject, Generates):
        with seeded(seed, "samples"):
            for batch in draws(subject, n, seed=seed):
                yield torch.as_tensor(batch).cpu()
