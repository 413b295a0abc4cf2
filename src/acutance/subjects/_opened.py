"""A subject: a model, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final

from acutance.errors import SubjectError
from acutance.models import Autoencoder, Generator, Model
from acutance.subjects._trained_on import TrainedOn

__all__ = ["Opened"]


@final
@dataclass(frozen=True, kw_only=True)
class Opened:
    """A model that a user named.

    Attributes:
        text: what the user typed.
        name: shown to readers.
        model: in evaluation mode.
        made: how it was made, as far as that is known.
        warnings: of its training.
        trained_on: its training images, where they are known.
    """

    text: str
    name: str
    model: Model
    made: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    trained_on: TrainedOn | None = None

    def autoencoder(self, wish: str) -> Autoencoder:
        """The model as one that encodes and decodes.

        Args:
            wish: what it is needed for, e.g. "reconstruct images".

        Raises:
            SubjectError: it cannot encode.
        """
        if not isinstance(self.model, Autoencoder):
            raise SubjectError(
                f"{self.text} cannot {wish}: the family {self.model.family} has no encoder; give an autoencoder "
                "(ae, vae, spatial_vae, adversarial_decoder), or draw from this one with 'acutance sample'"
            )
        return self.model

    def generator(self) -> Generator:
        """The model as one that draws samples.

        Raises:
            SubjectError: it has no prior to draw from.
        """
        if not isinstance(self.model, Generator):
            raise SubjectError(
                f"{self.text} cannot draw samples: the family {self.model.family} has no prior; give a vae, "
                "spatial_vae or gan, or see what this one makes of images with 'acutance reconstruct'"
            )
        return self.model
