"""What was found out about one subject: frozen data, from which every page and file is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from acutance.measure._bands import Band, Curve
from acutance.measure._reading import Reading

__all__ = ["Comparison", "DataRecord", "Response", "SubjectRecord"]


@dataclass(frozen=True, kw_only=True)
class DataRecord:
    """Which images the subjects were measured on."""

    source: str
    images: int
    height: int
    width: int
    channels: int
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Response:
    """What the decoder did about the detail it did not know: (y - q) / (1 - q), weighted over bands (theory C)."""

    index: float
    low: float
    high: float
    verdict: str
    independence_nats_per_dim: float | None = None


@dataclass(frozen=True, kw_only=True)
class SubjectRecord:
    """One subject, measured.

    Attributes:
        name: as shown to readers, e.g. "VAE".
        family: file name of its family, e.g. "vae".
        parameters: how many numbers the model holds, a critic's and frozen ones included; None where nobody knows.
        bands: under "sample" and "mean" the paired bands of reconstructions, under "prior" those of samples, under
            "floor" those of one half of the real images against the other.
        curves: the same keys, finer.
        readings: all single numbers.
        response: what the decoder did, for subjects that reconstruct or translate.
        given: what the outputs are made of, "code" or "input".
        reconstructions: uint8 (K, H, W, C), the same K held-out images for every subject; None for a generator.
        samples: uint8 (K, H, W, C), drawn from the prior; None where the subject cannot.
        made: how it was made: config, versions, seed, seconds.
        warnings: what the training found wrong, in words.
    """

    name: str
    family: str
    parameters: int | None
    bands: dict[str, tuple[Band, ...]]
    curves: dict[str, tuple[Curve, ...]]
    readings: tuple[Reading, ...]
    response: Response | None = None
    given: Literal["code", "input"] = "code"
    reconstructions: np.ndarray[Any, np.dtype[np.uint8]] | None = None
    samples: np.ndarray[Any, np.dtype[np.uint8]] | None = None
    made: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def reading(self, name: str) -> Reading | None:
        """The reading called `name`, or None where this subject has no such reading."""
        return next((r for r in self.readings if r.name == name), None)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Several subjects on the same held-out images.

    Attributes:
        data: the images.
        originals: uint8 (K, H, W, C), the held-out images that the pictures show.
        subjects: at least one.
        answer: two or three plain sentences.
        inputs: of translators, uint8 (K, H, W, C), what the originals, their targets, belong to.
        made: versions, machine, seconds, command.
        question: what the comparison was made to answer, as a headline.
    """

    data: DataRecord
    originals: np.ndarray[Any, np.dtype[np.uint8]]
    subjects: tuple[SubjectRecord, ...]
    answer: str
    inputs: np.ndarray[Any, np.dtype[np.uint8]] | None = None
    made: dict[str, Any] = field(default_factory=dict)
    question: str = "Why is one model blurred and another crisp?"
