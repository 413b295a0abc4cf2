"""A subject: a model, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, final

import numpy as np
from torch import Tensor

from acutance.data import PairSet, TrainingSet
from acutance.errors import SubjectError
from acutance.models import Encodes, Generates, Reconstructs, Subject, Translates
from acutance.subjects._trained_on import TrainedOn

__all__ = ["Check", "Draws", "MakesAnother", "Opened"]

Check = Callable[[Tensor], tuple[str, ...]]
"""Tries a model on a few real images; raises SubjectError where it is used wrongly, returns what is doubtful."""

_TRIED = 16


class Draws(Subject, Generates, Protocol):
    """A model that draws samples."""


class MakesAnother(Subject, Translates, Protocol):
    """A model that makes images of another kind."""


def _no_doubt(images: Tensor) -> tuple[str, ...]:
    return ()


@final
@dataclass(frozen=True, kw_only=True)
class Opened:
    """A model that a user named.

    Attributes:
        text: what the user typed.
        name: shown to readers.
        model: what it can do is what it has the methods for.
        channels: those that it takes, where it takes any size and so has no shape.
        check: tries it on real images.
        made: how it was made, as far as that is known.
        warnings: of its training.
        trained_on: its training images, where they are known.
    """

    text: str
    name: str
    model: Subject
    channels: int | None = None
    check: Check = _no_doubt
    made: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    trained_on: TrainedOn | None = None

    def autoencoder(self, wish: str) -> Encodes:
        """The model as one that encodes and decodes.

        Args:
            wish: what it is needed for, e.g. "interpolate between images".

        Raises:
            SubjectError: it cannot encode.
        """
        if not isinstance(self.model, Encodes):
            raise SubjectError(f"{self.text} cannot {wish}: {self._lacks_encoder()}")
        return self.model

    def reconstructor(self) -> Encodes | Reconstructs:
        """The model as one that makes images of images, with a code that can be seen or without.

        Raises:
            SubjectError: it does not reconstruct.
        """
        if isinstance(self.model, Encodes | Reconstructs):
            return self.model
        raise SubjectError(f"{self.text} cannot reconstruct images: {self._lacks_encoder()}")

    def generator(self) -> Draws:
        """The model as one that draws samples.

        Raises:
            SubjectError: it has no prior to draw from.
        """
        if not isinstance(self.model, Generates):
            raise SubjectError(
                f"{self.text} cannot draw samples: the family {self.model.family} has no prior; give a vae, "
                f"spatial_vae or gan, or see what this one makes of images with 'acutance {self._shown_by()}'"
            )
        return self.model

    def translator(self) -> MakesAnother:
        """The model as one that makes of each image one of another kind.

        Raises:
            SubjectError: it does not translate.
        """
        if not isinstance(self.model, Translates):
            raise SubjectError(
                f"{self.text} cannot translate images: the family {self.model.family} learns from single images; give "
                "a pix2pix, or see what this one makes of images with 'acutance reconstruct'"
            )
        return self.model

    def fit(self, images: TrainingSet) -> tuple[str, ...]:
        """Whether the model works on these images, tried on some of them.

        Returns:
            What is doubtful, in words.

        Raises:
            SubjectError: the images have another shape than the model takes, or another range of values.
        """
        if isinstance(images, PairSet):
            images = images.input
        if self.model.shape not in (None, images.shape) or self.channels not in (None, images.shape[0]):
            raise SubjectError(
                f"{self.text} works on images {self._wanted()}, {images.source!r} gives {_words(images.shape)}; leave "
                "out --size and --channels, or give images of that shape"
            )
        few = np.unique(np.linspace(0, len(images) - 1, min(_TRIED, len(images))).round().astype(np.int64))
        return self.check(images.tensor(few).to(self.model.device))

    def _shown_by(self) -> str:
        return "translate" if isinstance(self.model, Translates) else "reconstruct"

    def _lacks_encoder(self) -> str:
        return f"the family {self.model.family} has no encoder; {self._instead()}"

    def _instead(self) -> str:
        if isinstance(self.model, Translates):
            return "see what it makes of images with 'acutance translate'"
        return (
            "give an autoencoder (ae, vae, spatial_vae, adversarial_decoder), or draw from this one with "
            "'acutance sample'"
        )

    def _wanted(self) -> str:
        return f"of {self.channels} channels" if self.model.shape is None else f"of {_words(self.model.shape)}"


def _words(shape: tuple[int, int, int]) -> str:
    channels, height, width = shape
    return f"{width} x {height} px, {'grey' if channels == 1 else 'colour'}"
