"""A trained autoencoder's frozen code, and a decoder of its own: what every family with such a decoder shares.

The encoder is never changed, so the information in the code is what it was; only what the decoder answers to is
swapped. What differs between such a model and its base is what that does, and nothing else (T3). Encoder and decoder
together would change two things at once; who wants that trains a `vaegan`, or an autoencoder by another likelihood.
"""

from __future__ import annotations

import abc
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder, Generator, ImageDecoder, ImageShape, ModelConfig, describe
from acutance.models._player import Batch
from acutance.models._store import config_from_description, from_pretrained
from acutance.nn.decoder import Decoder
from acutance.nn.latents import Latent

__all__ = ["FrozenCode", "FrozenCodeConfig", "GenerativeFrozenCode"]


@dataclass(frozen=True, kw_only=True)
class FrozenCodeConfig(ModelConfig):
    """The part of a config that every family on a frozen code has.

    Attributes:
        of: folder of the trained autoencoder whose code and decoder are taken, or on the command line zoo:NAME; empty
            once it is built.
        base: that autoencoder's description; filled in when it is built, so that the saved model stands alone.
    """

    of: str = ""
    base: dict[str, Any] = field(default_factory=dict)

    def trained_base(self, shape: ImageShape) -> Autoencoder:
        """The base with its weights; where it is described but not named, a shell to load weights into.

        Raises:
            ConfigError: no base is given, it is no autoencoder, or it is for images of another shape.
        """
        if self.base:
            base = config_from_description(self.base).build(shape)
        elif self.of:
            base = from_pretrained(self.of)
        else:
            kind = type(self).__module__.rpartition(".")[2].replace("_", " ")
            raise ConfigError(f"{_article(kind)} needs a trained autoencoder: pass --of RUN")
        came = f"what --of names is {_article(base.family)} for images {base.shape}"
        if not isinstance(base, Autoencoder):
            raise ConfigError(f"{came}, which has no code: give the run of an autoencoder to --of")
        if base.shape != shape:
            raise ConfigError(
                f"{came}; an autoencoder for images {shape} is needed: give another to --of, or open the images as "
                f"this one takes them, --size {base.shape[1]} --channels {base.shape[0]}"
            )
        return base

    def plain_decoder(self, base: Autoencoder) -> Decoder:
        """The base's decoder, as one that needs no noise.

        Raises:
            ConfigError: it draws, so there is nothing to start from.
        """
        if not isinstance(base.decoder, Decoder):
            raise ConfigError(
                f"what --of names is of {base.family}, whose decoder draws: give the autoencoder that it was itself "
                "built on"
            )
        return base.decoder

    def standing_alone(self, base: Autoencoder) -> Self:
        """The config with the base's description in the place of its folder."""
        return replace(self, of="", base=describe(base))

    def seen_from(self, folder: Path) -> Self:
        """With `of` as the way to it from the folder, so that both can be moved together."""
        return replace(self, of=os.path.relpath(self.of, folder)) if self.of else self

    def found_from(self, folder: Path) -> Self:
        """With `of` as the way to it from here."""
        return replace(self, of=os.path.normpath(folder / self.of)) if self.of else self


class FrozenCode(Autoencoder, abc.ABC):
    """The base's encoder, and another decoder.

    Args:
        config: the family's, standing alone.
        shape: of the images.
        base: whose code is taken; held still.
        decoder: shares nothing with the base.
    """

    config: FrozenCodeConfig

    def __init__(self, config: FrozenCodeConfig, shape: ImageShape, base: Autoencoder, decoder: ImageDecoder) -> None:
        super().__init__(config, shape, decoder)
        self.base = base.requires_grad_(False).eval()
        self._encoded: tuple[Batch, Latent] | None = None

    def train(self, mode: bool = True) -> Self:
        """As for any module, but the base stays in evaluation mode."""
        super().train(mode)
        self.base.eval()
        return self

    def encode(self, images: Tensor) -> Latent:
        """The base's latent."""
        return self.base.encode(images)

    def nearest_code(self, latents: Tensor) -> Tensor:
        """The base's."""
        return self.base.nearest_code(latents)

    @torch.no_grad()
    def code(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """A draw of the frozen code; the players of one step, who share its batch, share the encoding."""
        if self._encoded is None or self._encoded[0] is not batch:
            self._encoded = (batch, self.base.encode(batch.images))
        return self._encoded[1].sample(generator)

    def base_mse(self) -> Tensor:
        """The base's own mean squared error per dimension, what others are measured by.

        Raises:
            ConfigError: the base was never trained on one.
        """
        if not self.base.mse > 0:
            raise ConfigError(
                f"the {self.base.family} to take the code of has no squared error to measure by, it was never trained "
                "or not by one: train refit_decoder on it, and give that to --of"
            )
        return self.base.mse


class GenerativeFrozenCode(FrozenCode, Generator, abc.ABC):
    """On a base that has a prior, whose draws it decodes."""

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """The base's prior."""
        assert isinstance(self.base, Generator)
        return self.base.prior(n, generator)

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """decode(prior), anew where the decoder draws."""
        return self.decode_anew(self.prior(n, generator), generator)


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
