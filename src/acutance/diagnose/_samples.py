"""Samples from a subject's prior, drawn once and the same for all that is measured of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from acutance.data import ImageSet
from acutance.diagnose._octaves import Floats
from acutance.measure.sample_spectra import SampleSpectra
from acutance.models import Generates, HasSamples, Subject, batch_size
from acutance.rng import rng_for, seeded

__all__ = ["prior_octaves", "samples_for"]

_BATCH = 256


def prior_octaves(subject: Subject, images: ImageSet, seed: int) -> tuple[Floats, Floats, Floats]:
    """Power of the images and of as many samples per octave, (1 + replicates, bands), and the bands' centres."""
    spectra = SampleSpectra()
    for start in range(0, len(images), _BATCH):
        spectra.update(real=images.tensor(np.arange(start, min(start + _BATCH, len(images)))))
    for batch in samples_for(subject, images, seed):
        spectra.update(fake=batch)
    found = spectra.result()
    centre = np.array([(band.low * band.high) ** 0.5 for band in found.bands])
    return *found.octaves, centre


def samples_for(subject: Subject, images: ImageSet, seed: int) -> Iterator[Tensor]:
    """As many samples as there are images, or those that were drawn before; on the CPU, batch by batch.

    Args:
        subject: of which samples can be had; one of which they cannot gives none.
        images: that they are measured against.
        seed: of the draws; the same one gives the same samples.
    """
    if isinstance(subject, HasSamples):
        yield from subject.samples()
    elif isinstance(subject, Generates):
        size, n = batch_size(images.shape), len(images)
        for index, start in enumerate(range(0, n, size)):
            with torch.no_grad(), seeded(seed, index, "generate"):
                generator = rng_for(seed, index, "generate", device=subject.device)
                drawn = subject.generate(min(size, n - start), generator).cpu()
            yield drawn
