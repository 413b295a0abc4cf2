"""A trained autoencoder's frozen code, its decoder trained on under another likelihood of the pixels.

Squared error (`--likelihood gaussian`), absolute error (`laplace`, T5), dependent pixels (`coloured`, T7;
`autoregressive`), several answers a pixel (`logistic_mixture`): the code and the decoder are the base's, the likelihood
is the one thing that differs, and its nats say what each is worth (S6). What is shown is always the decoder's
output; draws of the likelihood are had by `sample_likelihood`.
"""

from __future__ import annotations

import abc
import copy
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from acutance.errors import ConfigError
from acutance.models._base import Autoencoder, Generator, ImageShape
from acutance.models._frozen_code import FrozenCode, FrozenCodeConfig, GenerativeFrozenCode
from acutance.models._likelihood import LIKELIHOODS, LikelihoodName, PixelLikelihood, likelihood_loss
from acutance.models._player import Batch, Borrowed, Loss, Objective, Player
from acutance.models._recipe import Preset, Recipe, gpu_preset
from acutance.models._states_likelihood import StatesLikelihood
from acutance.nn.processes import mean_over_processes
from acutance.objectives.gaussian import squared_error

__all__ = ["PRESETS", "Config", "GenerativeRefitDecoder", "LikelihoodName", "OnLikelihood", "RefitDecoder"]


@dataclass(frozen=True, kw_only=True)
class Config(FrozenCodeConfig):
    """A frozen code's decoder under a likelihood of the pixels.

    Attributes:
        likelihood: "gaussian" (squared error), "laplace" (absolute error), "coloured" (a Gaussian whose power depends
            on frequency), "logistic_mixture" (a mixture for each pixel, of 8-bit levels) or "autoregressive" (the same,
            given the pixels above and to the left; the decoder itself learns by squared error).
    """

    likelihood: LikelihoodName = "gaussian"

    def build(self, shape: ImageShape) -> OnLikelihood:
        """The base with its weights; where it is described but not named, a shell to load weights into.

        Raises:
            ConfigError: no base is given, it is no autoencoder, it is for images of another shape, its decoder draws,
                or the likelihood is none.
        """
        if self.likelihood not in LIKELIHOODS:
            raise ConfigError(f"likelihood is one of {', '.join(LIKELIHOODS)}, got {self.likelihood!r}")
        base = self.trained_base(shape)
        kind = GenerativeRefitDecoder if isinstance(base, Generator) else RefitDecoder
        return kind(self, shape, base)


class OnLikelihood(FrozenCode, StatesLikelihood, abc.ABC):
    """The base's encoder, a decoder that started as the base's, and a likelihood around its outputs."""

    config: Config

    def __init__(self, config: Config, shape: ImageShape, base: Autoencoder) -> None:
        decoder = copy.deepcopy(config.plain_decoder(base)).requires_grad_(True)
        super().__init__(config.standing_alone(base), shape, base, decoder)
        self.likelihood = LIKELIHOODS[config.likelihood](shape)

    def players(self) -> tuple[Player, ...]:
        """One: the decoder, and what the likelihood learns."""
        return (Player(name="decoder", objective=_Likely(self)),)

    def stated(self) -> PixelLikelihood:
        """The one that it is trained by."""
        return self.likelihood

    @property
    def learnt(self) -> PixelLikelihood:
        """The same."""
        return self.likelihood


@final
class RefitDecoder(OnLikelihood):
    """On a base without a prior."""


@final
class GenerativeRefitDecoder(OnLikelihood, GenerativeFrozenCode):
    """On a base that has a prior, whose draws it decodes."""


class _Likely(Objective):
    """-log p(x|z) per dimension."""

    def __init__(self, model: OnLikelihood) -> None:
        super().__init__()
        self.decoder = model.decoder
        self.likelihood = model.likelihood
        self._model = Borrowed(model)
        self._seen: tuple[Tensor, Tensor] | None = None

    def forward(self, batch: Batch, generator: torch.Generator) -> Loss:
        model, images = self._model.module, batch.images
        dimensions = images[0].numel()
        outputs = self.decoder(model.code(batch, generator)).float()
        self._seen = (images, outputs.detach())
        mse = mean_over_processes(squared_error(images, model.shown(outputs).detach()).mean() / dimensions)
        model.track_mse(mse)
        return likelihood_loss(self.likelihood, images, outputs, mse)

    def settle(self, generator: torch.Generator) -> None:
        """The likelihood's scale follows the residuals of the turn."""
        assert self._seen is not None
        self.likelihood.note(*self._seen)
        self._seen = None


PRESETS = {
    "refit_decoder": Preset(
        model=Config(),
        recipe=Recipe(images=16_000, batch_size=16, mirror=True, learning_rate=1e-3),
        about="a frozen code's decoder under another likelihood: l2, l1, coloured, mixture, autoregressive (--of RUN)",
        expect="acutance train refit_decoder --of RUN --likelihood laplace --data builtin:icons --out RUN2: about 1 "
        "minute on one core with bfloat16 units, under 1 GB; on a spatial_vae, held out, nats per pixel: gaussian "
        "-.74, coloured -1.13, laplace -1.29, logistic_mixture -4.38, autoregressive -4.51",
    ),
    "refit_decoder_64": gpu_preset(
        "refit_decoder_64",
        Config(),
        "a frozen code's decoder under another likelihood",
        measured="6,400 of them, builtin:photos, one CPU core in bf16: 0.9 minutes, 0.8 GB; held out, finest "
        "detail ratio 0.017, coherence 0.005, PSNR 24.8 dB, coverage of samples 0.025",
    ),
}
